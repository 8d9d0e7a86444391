//! Bands of durations: the rows of a heatmap.
//!
//! Ten to each power of ten, at the preferred numbers of ISO 3 (R10), so that a band means "from 1.25 to 1.6 ms" in every answer, and
//! two answers can be laid beside each other. What lies below 100 ns is one band, and so is what is negative. A duration at a border belongs to
//! the band that begins there.

use std::sync::LazyLock;

use super::LatencyBand;

/// Of the power of ten from 100 ns to 1,000 ns.
const DECADE: [i64; 10] = [100, 125, 160, 200, 250, 320, 400, 500, 630, 800];

/// Where each band but the first begins, ascending. The first holds what is negative.
static BORDERS: LazyLock<Vec<i64>> = LazyLock::new(|| {
    let powers = (0..).map_while(|power| 10i64.checked_pow(power));
    let borders = powers.flat_map(|power| DECADE.map(move |border| border.checked_mul(power)));
    [0].into_iter()
        .chain(borders.map_while(|border| border))
        .collect()
});

/// Which band holds a duration.
pub(super) fn band_of(duration_ns: i64) -> u16 {
    // There are 172 at most.
    BORDERS.partition_point(|&border| border <= duration_ns) as u16
}

/// A band by its number.
pub(super) fn band(number: u16) -> LatencyBand {
    let at = usize::from(number);
    LatencyBand {
        from_ns: at.checked_sub(1).and_then(|at| BORDERS.get(at).copied()),
        to_ns: BORDERS.get(at).copied(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_duration_lies_in_its_band() {
        let borders = BORDERS.iter().flat_map(|&border| [border - 1, border]);
        for duration in borders.chain([i64::MIN, -1, 1, 1_599_999, i64::MAX]) {
            let LatencyBand { from_ns, to_ns } = band(band_of(duration));
            let holds =
                from_ns.is_none_or(|from| from <= duration) && to_ns.is_none_or(|to| duration < to);
            assert!(holds, "{duration} in {from_ns:?} to {to_ns:?}");
        }
    }

    #[test]
    fn bands_ascend_and_widen_in_proportion() {
        assert!(BORDERS.len() < 175 && BORDERS.is_sorted());
        let of_durations = BORDERS.iter().skip(1).zip(BORDERS.iter().skip(2));
        for (&from, &to) in of_durations {
            let ratio = to as f64 / from as f64;
            assert!((1.24..1.29).contains(&ratio), "{from} to {to}");
        }
    }
}
