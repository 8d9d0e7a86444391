//! What formulas make, and percentiles from it.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::durations::binned;
use super::*;

/// Nearest rank, by definition.
fn rank(durations: &[i64], percent: usize) -> Option<i64> {
    let mut sorted = durations.to_vec();
    sorted.sort_unstable();
    let at = (sorted.len() * percent).div_ceil(100).checked_sub(1)?;
    sorted.get(at).copied()
}

#[test]
fn percentiles_are_nearest_rank() {
    let check = |n: i64, percent: usize, expected: Option<i64>| {
        let mut durations = Durations::default();
        (1..=n).rev().for_each(|value| durations.push(value));
        assert_eq!(durations.percentile(percent), expected, "{percent}% of {n}");
    };
    check(0, 50, None);
    check(1, 50, Some(1));
    check(2, 50, Some(1));
    check(3, 50, Some(2));
    check(20, 95, Some(19));
    check(21, 95, Some(20));
    check(99, 99, Some(99));
    check(100, 99, Some(99));
    check(101, 99, Some(100));
    check(1, 99, Some(1));
}

fn add_binned(to: &mut Durations, durations: &[i64]) {
    to.push_binned(|bins| {
        binned(durations).for_each(|(number, count)| bins.add(number, count));
    });
}

#[test]
fn a_sketch_of_few_is_near_them() {
    for durations in [
        vec![7],
        vec![7, 7],
        vec![-3, 0, 0, 12],
        vec![i64::MIN, i64::MAX],
    ] {
        let mut sketched = Durations::default();
        add_binned(&mut sketched, &durations);
        assert_eq!(sketched.count(), durations.len());
        for percent in [1, 50, 100] {
            let (found, exact) = (
                sketched.percentile(percent).unwrap(),
                rank(&durations, percent).unwrap(),
            );
            assert!(
                found.abs_diff(exact) as f64 <= 0.01 * exact.unsigned_abs() as f64,
                "{found} for {exact}"
            );
        }
    }
}

/// Durations of an instant and of a lifetime, in one set.
#[test]
fn one_broken_clock_spoils_no_percentile() {
    let mut durations: Vec<i64> = (0..20_000).map(|at| 1 + at % 4).collect();
    durations.push(1_700_000_000_000_000_000);
    durations.sort_unstable();
    let mut sketched = Durations::default();
    add_binned(&mut sketched, &durations);
    for percent in [1, 30, 50, 75, 99] {
        let exact = rank(&durations, percent);
        assert_eq!(sketched.percentile(percent), exact, "{percent}%");
    }
    assert!(sketched.bytes() < 2_000);
}

#[test]
fn names_of_formulas_are_distinct_and_fit_a_file() {
    let names = [LogMinutes.name(), SpanMinutes.name(), SpanEdges.name()];
    assert!(
        names
            .iter()
            .collect::<std::collections::BTreeSet<_>>()
            .len()
            == names.len()
    );
    let fits = |name: &str| name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    assert!(names.into_iter().all(fits));
}

proptest! {
    /// Sketches of any sets add up to what is within 1% of the set of all, however the sets are divided and whatever is exact besides.
    #[test]
    fn sketches_add_up(
        sets in prop::collection::vec(
            prop::collection::vec((0u32..40, 0i64..1_000_000, any::<bool>()), 0..200), 0..6,
        ),
        single in prop::collection::vec(-1_000_000i64..10_000_000_000, 0..20),
        percent in 1usize..=100,
    ) {
        let value = |&(power, low, is_negative): &(u32, i64, bool)| {
            let value = (1i64 << power) + low;
            if is_negative { -value } else { value }
        };
        let sets: Vec<Vec<i64>> = sets.iter().map(|set| set.iter().map(value).collect()).collect();
        let mut sum = Durations::default();
        let mut all = single.clone();
        for (at, set) in sets.iter().enumerate() {
            all.extend(set);
            single.iter().skip(at).step_by(sets.len()).for_each(|&value| sum.push(value));
            let mut set = set.clone();
            set.sort_unstable();
            add_binned(&mut sum, &set);
        }
        if sets.is_empty() {
            single.iter().for_each(|&value| sum.push(value));
        }
        prop_assert_eq!(sum.count(), all.len());
        let (found, exact) = (sum.percentile(percent), rank(&all, percent));
        prop_assert_eq!(found.is_some(), exact.is_some());
        let (found, exact) = (found.unwrap_or_default(), exact.unwrap_or_default());
        prop_assert!((found - exact).abs() as f64 <= 0.01 * exact.abs() as f64, "{} for {}", found, exact);
    }
}
