//! The fields that tell most about records.
//!
//! A field tells much when its values part the records evenly: the more bits of information, times the share of records that have
//! it, the higher it stands. What is the same everywhere, or different everywhere, tells nothing.

use clearspan_query::{FieldCount, FieldType, FieldValues, FieldsAnswer};

/// Fields whose values are counted to find those that tell most, and those that are shown.
const CANDIDATES: usize = 14;
const TELLING: usize = 4;

/// One record in so many has to have a field.
const SHARE_MIN: u64 = 100;

/// Values of a field that tells something.
const DISTINCT: std::ops::RangeInclusive<u64> = 2..=50;

/// Fields that have a group of their own, are another name of one that has, or are a record's own.
const NOT_FURTHER: [&str; 10] = [
    "severity",
    "level",
    "service",
    "service.name",
    "body",
    "trace_id",
    "span_id",
    "time",
    "observed_time",
    "severity_number",
];

/// The most common fields, of those that may part the records.
pub(super) fn candidates(answer: &FieldsAnswer) -> Vec<String> {
    let matched = answer.counted.matched;
    let may_part = |field: &&FieldCount| {
        let is_common = field.count.saturating_mul(SHARE_MIN) >= matched;
        let is_value = !matches!(
            field.value_type,
            None | Some(FieldType::Map | FieldType::Bytes | FieldType::Array)
        );
        is_common && is_value && !NOT_FURTHER.contains(&field.name.as_str())
    };
    let fields = answer.fields.iter().filter(may_part).take(CANDIDATES);
    fields.map(|field| field.name.clone()).collect()
}

/// The fields that tell most, best first.
pub(super) fn telling(fields: Vec<FieldValues>, matched: u64) -> Vec<FieldValues> {
    let mut told: Vec<(f64, FieldValues)> = fields
        .into_iter()
        .filter(|field| DISTINCT.contains(&field.distinct))
        .map(|field| (information(&field, matched), field))
        .collect();
    told.sort_by(|(a, x), (b, y)| b.total_cmp(a).then_with(|| x.field.cmp(&y.field)));
    told.into_iter()
        .map(|(_, field)| field)
        .take(TELLING)
        .collect()
}

/// Bits that knowing the value tells about a record, on average. Values that are not among the first ones count as one.
fn information(field: &FieldValues, matched: u64) -> f64 {
    let matched = matched.max(1) as f64;
    let bits = |count: u64| {
        let share = count as f64 / matched;
        if share > 0.0 {
            -share * share.log2()
        } else {
            0.0
        }
    };
    field.values.iter().map(|value| bits(value.count)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clearspan_query::{FieldValue, ValueCount};

    fn field(name: &str, counts: &[u64]) -> FieldValues {
        let value = |(at, &count): (usize, &u64)| ValueCount {
            value: FieldValue::Text(format!("v{at}")),
            count,
        };
        FieldValues {
            field: name.into(),
            values: counts.iter().enumerate().map(value).collect(),
            distinct: counts.len() as u64,
        }
    }

    #[test]
    fn fields_that_part_the_records_evenly_tell_most() {
        let fields = vec![
            field("same", &[100]),
            field("stream", &[99, 1]),
            field("node", &[40, 30, 30]),
            field("half", &[50, 50]),
            field("rare", &[1, 1]),
            field("pod", &[30, 30, 20, 20]),
        ];
        let names: Vec<String> = telling(fields, 100)
            .into_iter()
            .map(|field| field.field)
            .collect();
        assert_eq!(names, ["pod", "node", "half", "rare"]);
    }

    #[test]
    fn what_nobody_has_tells_nothing() {
        assert!(information(&field("x", &[0, 0]), 0).abs() < f64::EPSILON);
        assert!(
            telling(
                vec![FieldValues {
                    distinct: 51,
                    ..field("ids", &[1; 6])
                }],
                100
            )
            .is_empty()
        );
    }
}
