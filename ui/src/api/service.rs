//! What the calls about one service have in common: its name in the path, and what an empty answer says.

use axum::extract::{FromRequestParts, RawPathParams};
use clearspan_query::language::fields::{KINDS, kind_name};
use http::request::Parts;

use crate::error::{ApiError, shown};
use crate::state::Api;

/// The service of the path, percent-decoded. `/services//...` is the service without a name.
pub(crate) struct ServiceName(pub(crate) String);

impl FromRequestParts<Api> for ServiceName {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, ApiError> {
        let params = RawPathParams::from_request_parts(parts, api).await;
        let params = params.map_err(|_| ApiError::BadEncoding {
            what: "the path".into(),
        })?;
        let name = params.iter().next().map(|(_, name)| name.to_owned());
        Ok(ServiceName(name.unwrap_or_default()))
    }
}

/// What helps whoever asked for a service of which nothing was found: the nearest name that there is.
pub(crate) fn hints(api: &Api, service: &str) -> Result<Vec<String>, ApiError> {
    let slots = api.engine()?.service_slots(&api.tenant());
    let names = slots.names();
    if service.is_empty() || names.binary_search(&service).is_ok() {
        return Ok(Vec::new());
    }
    let hint = match nearest(service, &names) {
        Some(name) => format!(
            "there is no service `{}`; did you mean `{}`?",
            shown(service),
            shown(name)
        ),
        None => format!("there is no service `{}`", shown(service)),
    };
    Ok(vec![hint])
}

/// Measuring a long name against many takes long, and it is near to nothing.
fn nearest<'a>(service: &str, names: &[&'a str]) -> Option<&'a str> {
    const LENGTH_MAX: usize = 64;
    let near = |name: &&&str| {
        service.len() <= LENGTH_MAX && name.len().abs_diff(service.len()) <= service.len() / 3 + 1
    };
    let distances = names
        .iter()
        .filter(near)
        .map(|name| (strsim::damerau_levenshtein(name, service), *name));
    let (distance, name) = distances.min()?;
    let length = service.chars().count();
    (distance <= length / 3 + 1 && distance < length).then_some(name)
}

/// The name of a kind, as SQL has it; the number of one that OpenTelemetry does not define.
pub(crate) fn kind_text(kind: i32) -> String {
    kind_name(kind).map_or_else(|| kind.to_string(), str::to_owned)
}

/// The reverse, whatever the case.
pub(crate) fn kind_of(text: &str) -> Option<i32> {
    let named = KINDS
        .iter()
        .position(|kind| kind.eq_ignore_ascii_case(text));
    named.map(|at| at as i32).or_else(|| text.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_near() {
        let names = ["cart", "checkout", "payment"];
        let check = |service: &str, expected: Option<&str>| {
            assert_eq!(nearest(service, &names), expected, "{service}");
        };
        check("chekout", Some("checkout"));
        check("Cart", Some("cart"));
        check("x", None);
        check("warehouse", None);
        check(&"cart".repeat(1_000), None);
        assert_eq!(nearest("cart", &[]), None);
    }

    #[test]
    fn kinds_come_back() {
        for kind in -1..9 {
            assert_eq!(kind_of(&kind_text(kind)), Some(kind));
        }
        assert_eq!(kind_of("server"), Some(2));
        assert_eq!(kind_of("shop"), None);
    }
}
