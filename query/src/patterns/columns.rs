//! What of a batch's rows is counted: when, how severe, of which service.

use arrow::array::{Int32Array, RecordBatch, TimestampNanosecondArray, UInt64Array};
use clearspan_schema::dictionary::TextDictionary;
use clearspan_schema::{SEQ, columns, logs};
use clearspan_storage::scan::{AttributeKeys, Projection};

use super::Stopped;
use crate::QueryError;
use crate::count::{Grid, Remembered, UNSET, of_number, of_text};

/// The place of a row without a service.
pub(super) const NO_SERVICE: u32 = u32::MAX;

/// What is read of each row.
pub(super) fn projection() -> Projection {
    let columns = vec![
        logs::PLACED_TIME,
        SEQ,
        logs::SEVERITY_NUMBER,
        logs::SEVERITY_TEXT,
        logs::SERVICE,
    ];
    Projection::new(columns, AttributeKeys::none()).with_long_steps()
}

/// What was found for the values of dictionaries.
#[derive(Debug, Default)]
pub(super) struct Known {
    severities: Remembered<usize>,
    services: Remembered<usize>,
}

/// A row, as it is counted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    pub(super) time: i64,
    pub(super) seq: u64,
    /// Place in [`crate::SEVERITY_NAMES`].
    pub(super) severity: usize,
    /// As `name_service` numbers it, or [`NO_SERVICE`].
    pub(super) service: u32,
    pub(super) bucket: u32,
}

/// The columns of a batch.
pub(super) struct Columns<'a> {
    times: &'a TimestampNanosecondArray,
    seqs: &'a UInt64Array,
    numbers: &'a Int32Array,
    texts: TextDictionary<'a>,
    services: TextDictionary<'a>,
}

impl<'a> Columns<'a> {
    pub(super) fn new(batch: &'a RecordBatch) -> Result<Self, Stopped> {
        Ok(Columns {
            times: columns::time(batch, logs::PLACED_TIME)?,
            seqs: columns::uint64(batch, SEQ)?,
            numbers: columns::int32(batch, logs::SEVERITY_NUMBER)?,
            texts: columns::text_dictionary(batch, logs::SEVERITY_TEXT)?,
            services: columns::text_dictionary(batch, logs::SERVICE)?,
        })
    }

    /// Gives the rows at `places`, each with what comes with its place, to `take`.
    pub(super) fn each<T>(
        &self,
        places: impl Iterator<Item = (usize, T)>,
        grid: &Grid,
        known: &mut Known,
        mut name_service: impl FnMut(&str) -> Result<u32, QueryError>,
        mut take: impl FnMut(Row, usize, T) -> Result<(), QueryError>,
    ) -> Result<(), QueryError> {
        let severities = known.severities.of(self.texts.values());
        let services = known.services.of(self.services.values());
        // Rows lie in order of time, more or less, so most lie in the bucket of the row before.
        let mut bucket = 0;
        let (mut first, mut last) = (i64::MAX, i64::MIN);
        for (place, with) in places {
            let time = self.times.value(place);
            if time < first || time > last {
                bucket = grid.bucket_of(time);
                (first, last) = grid.times_of(bucket);
            }
            let severity = match (of_number(self.numbers.value(place)), self.texts.key(place)) {
                (Some(severity), _) => severity,
                (None, Some(key)) => {
                    *severities.get(key, || Ok(of_text(self.texts.values().value(key))))?
                }
                (None, None) => UNSET,
            };
            let service = match self.services.key(place) {
                None => NO_SERVICE,
                Some(key) => {
                    let mut name = || name_service(self.services.values().value(key));
                    *services.get(key, || name().map(|number| number as usize))? as u32
                }
            };
            let row = Row {
                time,
                seq: self.seqs.value(place),
                severity,
                service,
                bucket: bucket as u32,
            };
            take(row, place, with)?;
        }
        Ok(())
    }
}
