//! Logs by minute, service and severity.
//!
//! | column | type | what it holds |
//! |---|---|---|
//! | `minute` | `Int64` | the minute at which the logs are placed, counted from 1970 |
//! | `service`, `severity_number`, `severity_text` | as stored | what they have in common |
//! | `count` | `UInt64` | how many they are |
//! | `first_ns`, `last_ns` | `Int64` | the times of the earliest and the latest, in nanoseconds since 1970 |

use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array, Int64Array, RecordBatch, UInt64Array};
use clearspan_schema::{SchemaError, Signal, columns, logs};
use clearspan_storage::{Derivation, Derive};
use foldhash::HashMap;

use super::texts::{Numbered, Texts};
use super::{COUNT, MINUTE, MINUTE_NS, is_worth};
use crate::limits::{DERIVED_ROWS_MAX, DERIVED_TEXT_BYTES_MAX};

/// The time of the earliest log.
pub(crate) const FIRST_NS: &str = "first_ns";
/// The time of the latest log.
pub(crate) const LAST_NS: &str = "last_ns";

/// The columns that are as in the logs, so that a condition on them can be held against derived rows.
pub(crate) const LOG_KEYS: [&str; 3] = [logs::SERVICE, logs::SEVERITY_NUMBER, logs::SEVERITY_TEXT];

/// The formula.
#[derive(Debug)]
pub(crate) struct LogMinutes;

impl Derive for LogMinutes {
    fn name(&self) -> &'static str {
        "log_minutes"
    }

    fn version(&self) -> u32 {
        1
    }

    fn signal(&self) -> Signal {
        Signal::Logs
    }

    fn begin(&self) -> Box<dyn Derivation> {
        Box::new(Groups::default())
    }
}

#[derive(Debug, Default)]
struct Groups {
    texts: Texts,
    groups: HashMap<Key, Sum>,
    rows: u64,
    is_too_much: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    minute: i64,
    service: Option<u32>,
    severity_number: i32,
    severity_text: Option<u32>,
}

#[derive(Debug, Clone, Copy)]
struct Sum {
    count: u64,
    first_ns: i64,
    last_ns: i64,
}

impl Derivation for Groups {
    fn push(&mut self, rows: &RecordBatch) -> Result<(), SchemaError> {
        self.rows += rows.num_rows() as u64;
        if self.is_too_much {
            return Ok(());
        }
        let times = columns::time(rows, logs::PLACED_TIME)?;
        let numbers = columns::int32(rows, logs::SEVERITY_NUMBER)?;
        let mut services = Numbered::new(columns::text_dictionary(rows, logs::SERVICE)?);
        let mut texts = Numbered::new(columns::text_dictionary(rows, logs::SEVERITY_TEXT)?);
        for row in 0..rows.num_rows() {
            let time = times.value(row);
            let key = Key {
                minute: time.div_euclid(MINUTE_NS),
                service: services.of_row(row, &mut self.texts),
                severity_number: numbers.value(row),
                severity_text: texts.of_row(row, &mut self.texts),
            };
            let sum = self.groups.entry(key).or_insert(Sum {
                count: 0,
                first_ns: time,
                last_ns: time,
            });
            sum.count += 1;
            sum.first_ns = sum.first_ns.min(time);
            sum.last_ns = sum.last_ns.max(time);
        }
        if self.groups.len() > DERIVED_ROWS_MAX || self.texts.bytes() > DERIVED_TEXT_BYTES_MAX {
            (self.groups, self.texts) = Default::default();
            self.is_too_much = true;
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Option<RecordBatch>, SchemaError> {
        if self.is_too_much || !is_worth(self.groups.len(), self.rows) {
            return Ok(None);
        }
        let texts = self.texts.sorted();
        let mut groups: Vec<(Key, Sum)> = self.groups.into_iter().collect();
        groups.sort_unstable_by_key(|(key, _)| {
            let service = texts.place(key.service);
            (
                key.minute,
                service,
                key.severity_number,
                texts.place(key.severity_text),
            )
        });
        let keys = || groups.iter().map(|(key, _)| key);
        let sums = || groups.iter().map(|(_, sum)| sum);
        let columns: [(&str, ArrayRef); 7] = [
            (
                MINUTE,
                Arc::new(keys().map(|key| key.minute).collect::<Int64Array>()),
            ),
            (logs::SERVICE, texts.column(keys().map(|key| key.service))?),
            (
                logs::SEVERITY_NUMBER,
                Arc::new(
                    keys()
                        .map(|key| key.severity_number)
                        .collect::<Int32Array>(),
                ),
            ),
            (
                logs::SEVERITY_TEXT,
                texts.column(keys().map(|key| key.severity_text))?,
            ),
            (
                COUNT,
                Arc::new(sums().map(|sum| sum.count).collect::<UInt64Array>()),
            ),
            (
                FIRST_NS,
                Arc::new(sums().map(|sum| sum.first_ns).collect::<Int64Array>()),
            ),
            (
                LAST_NS,
                Arc::new(sums().map(|sum| sum.last_ns).collect::<Int64Array>()),
            ),
        ];
        Ok(Some(RecordBatch::try_from_iter(columns)?))
    }
}
