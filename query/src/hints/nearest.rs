//! What a name was probably meant to be.

/// The name of those known that is nearest to `name`, if one is near at all; case does not count.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    const LENGTH_MAX: usize = 64;
    if name.len() > LENGTH_MAX {
        return None;
    }
    let name = name.to_lowercase();
    known
        .filter(|known| known.len() <= LENGTH_MAX)
        .map(|known| {
            (
                strsim::damerau_levenshtein(&known.to_lowercase(), &name),
                known,
            )
        })
        .filter(|(distance, known)| *distance <= 1 + known.len() / 4)
        .min()
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_seen_and_nothing_is_made_up() {
        let known = ["http.route", "service.name", "Region"];
        let check = |name: &str, expected: Option<&str>| {
            assert_eq!(nearest(name, known.into_iter()), expected, "{name}");
        };
        check("htpp.route", Some("http.route"));
        check("servicename", Some("service.name"));
        check("region", Some("Region"));
        check("zzz", None);
        check(&"r".repeat(65), None);
    }
}
