//! Spans by minute, service, name, kind and status.
//!
//! | column | type | what it holds |
//! |---|---|---|
//! | `minute` | `Int64` | the minute in which the spans started, counted from 1970 |
//! | `service`, `name`, `kind` | as stored | what they have in common |
//! | `status_code` | `Int32` | likewise; 0 where they have none |
//! | `count` | `UInt64` | how many they are |
//! | `errors` | `UInt64` | how many of them have status ERROR: all or none |
//! | `untimed` | `UInt64` | how many of them have no duration |
//! | `durations` | `Binary` | on the first row of each minute and service: the durations of all its rows, as `packed.rs` writes them |
//! | `newest_ns`, `newest_seq` | `Int64`, `UInt64` | on the first row of each minute and service: when the newest of all its spans started, and its sequence number |
//! | `namespace`, `environment` | `Dictionary<Int32, Utf8>` | on these rows: where that ran ([`Origin`]) |

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Int32Array, Int64Array, RecordBatch, UInt64Array};
use clearspan_schema::dictionary::BinaryDictionary;
use clearspan_schema::{SEQ, SchemaError, Signal, columns, spans};
use clearspan_storage::{Derivation, Derive};
use foldhash::HashMap;

use super::packed::{DURATIONS, Timed, UNTIMED, pack};
use super::texts::{Numbered, Texts};
use super::{COUNT, MINUTE, MINUTE_NS, Origin, is_worth};
use crate::exec::RowKey;
use crate::limits::{DERIVED_ROWS_MAX, DERIVED_TEXT_BYTES_MAX};

pub(crate) const ERRORS: &str = "errors";
pub(crate) const NEWEST_NS: &str = "newest_ns";
pub(crate) const NEWEST_SEQ: &str = "newest_seq";
pub(crate) const NAMESPACE: &str = "namespace";
pub(crate) const ENVIRONMENT: &str = "environment";

/// The formula.
#[derive(Debug)]
pub(crate) struct SpanMinutes;

impl Derive for SpanMinutes {
    fn name(&self) -> &'static str {
        "span_minutes"
    }

    fn version(&self) -> u32 {
        2
    }

    fn signal(&self) -> Signal {
        Signal::Spans
    }

    fn begin(&self) -> Box<dyn Derivation> {
        Box::new(Groups::default())
    }
}

#[derive(Debug, Default)]
struct Groups {
    /// Names of services and spans.
    texts: Texts,
    origins: Origins,
    groups: HashMap<Key, Group>,
    rows: u64,
    is_too_much: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    minute: i64,
    service: Option<u32>,
    name: Option<u32>,
    kind: i32,
    status: i32,
}

#[derive(Debug)]
struct Group {
    count: u64,
    durations: Vec<i64>,
    newest: RowKey,
    /// Of the newest.
    origin: u32,
}

/// Distinct origins by number.
#[derive(Debug, Default)]
struct Origins {
    numbers: HashMap<Origin, u32>,
    bytes: usize,
}

impl Origins {
    fn number(&mut self, origin: Origin) -> u32 {
        let next = self.numbers.len() as u32;
        let bytes = [&origin.namespace, &origin.environment];
        let bytes: usize = bytes.into_iter().flatten().map(String::len).sum();
        *self.numbers.entry(origin).or_insert_with(|| {
            self.bytes += bytes;
            next
        })
    }

    /// By number.
    fn in_order(self) -> Vec<Origin> {
        let mut origins: Vec<(Origin, u32)> = self.numbers.into_iter().collect();
        origins.sort_unstable_by_key(|&(_, number)| number);
        origins.into_iter().map(|(origin, _)| origin).collect()
    }
}

/// The resources of a batch, each decoded when a row with it is first the newest of its group.
struct Resources<'a> {
    column: BinaryDictionary<'a>,
    /// The last is for rows without one.
    origins: Vec<Option<u32>>,
}

impl<'a> Resources<'a> {
    fn new(column: BinaryDictionary<'a>) -> Self {
        let origins = vec![None; column.values().len() + 1];
        Resources { column, origins }
    }

    fn origin(&mut self, row: usize, all: &mut Origins) -> u32 {
        let key = self.column.key(row).unwrap_or(self.origins.len() - 1);
        let resource = || self.column.value(row).unwrap_or_default();
        *self.origins[key].get_or_insert_with(|| all.number(Origin::of(resource())))
    }
}

impl Derivation for Groups {
    fn push(&mut self, rows: &RecordBatch) -> Result<(), SchemaError> {
        self.rows += rows.num_rows() as u64;
        if self.is_too_much {
            return Ok(());
        }
        self.add(rows)?;
        let bytes = self.texts.bytes() + self.origins.bytes;
        if self.groups.len() > DERIVED_ROWS_MAX || bytes > DERIVED_TEXT_BYTES_MAX {
            let (rows, is_too_much) = (self.rows, true);
            *self = Groups {
                rows,
                is_too_much,
                ..Groups::default()
            };
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Option<RecordBatch>, SchemaError> {
        if self.is_too_much || !is_worth(self.groups.len(), self.rows) {
            return Ok(None);
        }
        self.into_batch().map(Some)
    }
}

impl Groups {
    fn add(&mut self, rows: &RecordBatch) -> Result<(), SchemaError> {
        let (times, seqs) = (
            columns::time(rows, spans::PLACED_TIME)?,
            columns::uint64(rows, SEQ)?,
        );
        let kinds = columns::int32(rows, spans::KIND)?;
        let statuses = columns::int32(rows, spans::STATUS_CODE)?;
        let durations = columns::int64(rows, spans::DURATION_NS)?;
        let mut services = Numbered::new(columns::text_dictionary(rows, spans::SERVICE)?);
        let mut names = Numbered::new(columns::text_dictionary(rows, spans::NAME)?);
        let mut resources = Resources::new(columns::binary_dictionary(rows, spans::RESOURCE)?);
        let statuses: Vec<i32> = statuses.iter().map(Option::unwrap_or_default).collect();
        let durations = durations.iter();
        for (row, duration) in durations.enumerate() {
            let newest = RowKey {
                placed_time: times.value(row),
                seq: seqs.value(row),
            };
            let key = Key {
                minute: newest.placed_time.div_euclid(MINUTE_NS),
                service: services.of_row(row, &mut self.texts),
                name: names.of_row(row, &mut self.texts),
                kind: kinds.value(row),
                status: statuses[row],
            };
            let origins = &mut self.origins;
            let group = self.groups.entry(key).or_insert_with(|| Group {
                count: 0,
                durations: Vec::new(),
                newest,
                origin: resources.origin(row, origins),
            });
            group.count += 1;
            group.durations.extend(duration);
            if newest > group.newest {
                group.newest = newest;
                group.origin = resources.origin(row, origins);
            }
        }
        Ok(())
    }

    fn into_batch(self) -> Result<RecordBatch, SchemaError> {
        let texts = self.texts.sorted();
        let mut groups: Vec<(Key, Group)> = self.groups.into_iter().collect();
        groups.sort_unstable_by_key(|(key, _)| {
            let (service, name) = (texts.place(key.service), texts.place(key.name));
            (key.minute, service, name, key.kind, key.status)
        });
        let timed = groups.iter_mut().map(|(key, group)| Timed {
            run: (key.minute, key.service),
            count: group.count,
            durations: &mut group.durations,
        });
        let [untimed, durations] = pack(timed);
        let newest = newest_of(&groups);
        let [namespaces, environments] = origins_of(&newest, self.origins)?;
        let keys = || groups.iter().map(|(key, _)| key);
        let groups = || groups.iter().map(|(_, group)| group);
        let is_error = |key: &Key| key.status == spans::STATUS_ERROR;
        let errors = keys().zip(groups());
        let errors = errors.map(|(key, group)| if is_error(key) { group.count } else { 0 });
        let times = newest
            .iter()
            .map(|newest| Some(newest.as_ref()?.0.placed_time));
        let seqs = newest.iter().map(|newest| Some(newest.as_ref()?.0.seq));
        let columns: [(&str, ArrayRef); 13] = [
            (
                MINUTE,
                Arc::new(keys().map(|key| key.minute).collect::<Int64Array>()),
            ),
            (spans::SERVICE, texts.column(keys().map(|key| key.service))?),
            (spans::NAME, texts.column(keys().map(|key| key.name))?),
            (
                spans::KIND,
                Arc::new(keys().map(|key| key.kind).collect::<Int32Array>()),
            ),
            (
                spans::STATUS_CODE,
                Arc::new(keys().map(|key| key.status).collect::<Int32Array>()),
            ),
            (
                COUNT,
                Arc::new(groups().map(|group| group.count).collect::<UInt64Array>()),
            ),
            (ERRORS, Arc::new(errors.collect::<UInt64Array>())),
            (UNTIMED, untimed),
            (DURATIONS, durations),
            (NEWEST_NS, Arc::new(times.collect::<Int64Array>())),
            (NEWEST_SEQ, Arc::new(seqs.collect::<UInt64Array>())),
            (NAMESPACE, namespaces),
            (ENVIRONMENT, environments),
        ];
        Ok(RecordBatch::try_from_iter(columns)?)
    }
}

/// The newest span of each minute and service, and its origin, at the first of its groups.
type Newest = Option<(RowKey, u32)>;

fn newest_of(groups: &[(Key, Group)]) -> Vec<Newest> {
    let mut all = Vec::with_capacity(groups.len());
    let of = |key: &Key| (key.minute, key.service);
    for run in groups.chunk_by(|(a, _), (b, _)| of(a) == of(b)) {
        let newest = run.iter().map(|(_, group)| (group.newest, group.origin));
        all.push(newest.max_by_key(|(key, _)| *key));
        all.resize(all.len() + run.len() - 1, None);
    }
    all
}

/// The columns of namespaces and environments.
fn origins_of(newest: &[Newest], origins: Origins) -> Result<[ArrayRef; 2], SchemaError> {
    let origins = origins.in_order();
    let column = |of: fn(&Origin) -> &Option<String>| {
        let mut texts = Texts::default();
        let number = |origin: &Origin| of(origin).as_deref().map(|text| texts.number(text));
        let numbers: Vec<Option<u32>> = origins.iter().map(number).collect();
        let each = newest.iter().map(|newest| {
            let (_, origin) = newest.as_ref()?;
            numbers.get(*origin as usize).copied().flatten()
        });
        texts.sorted().column(each)
    };
    Ok([
        column(|origin| &origin.namespace)?,
        column(|origin| &origin.environment)?,
    ])
}
