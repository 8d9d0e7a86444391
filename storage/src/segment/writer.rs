//! From sorted rows to a durable folder.
//!
//! 1. All files are made in memory: a segment is smaller than the memtable it comes from.
//! 2. They are written to `<id>.tmp`, each synced, then the folder.
//! 3. The folder gets its name, and the partition's folder is synced.
//! 4. Only then may the catalog name it. A folder that no catalog row names is removed at start.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use arrow::array::{Array, RecordBatch};
use clearspan_schema::any::AnyRef;
use clearspan_schema::concat::compact;
use clearspan_schema::json::push_text;
use clearspan_schema::logs::{Body, body_at};
use clearspan_schema::{Signal, columns, logs, spans};

use super::meta::{FORMAT, FileMeta, SegmentMeta};
use super::trace_directory::TraceDirectory;
use super::{SegmentError, arrow_file, trace_codec};
use crate::limits::GRANULE_ROWS;
use crate::text::{FilterBits, TextFiles, TextIndexBuilder, id_key_of_bytes};
use crate::vfs::{Vfs, create_dir_durable};
use crate::{TenantId, names};

/// What a segment will be.
#[derive(Debug)]
pub(crate) struct NewSegment<'a> {
    pub(crate) id: u64,
    pub(crate) tenant: &'a TenantId,
    pub(crate) signal: Signal,
    pub(crate) partition: &'a str,
    /// The folder of the signal, which exists.
    pub(crate) signal_dir: &'a Path,
    /// Earliest and latest arrival of the rows.
    pub(crate) arrival_ns: (i64, i64),
}

/// A segment that lies on disk.
#[derive(Debug)]
pub(crate) struct WrittenSegment {
    pub(crate) dir: PathBuf,
    pub(crate) meta: SegmentMeta,
    pub(crate) meta_crc32c: u32,
    /// All bytes on disk, `meta.json` included.
    pub(crate) bytes: u64,
}

/// Writes `rows` (stored schema, sorted as the segment shall have them, at least one) and returns
/// when they are durable.
pub(crate) fn write_segment(
    vfs: &dyn Vfs,
    new: &NewSegment<'_>,
    rows: &RecordBatch,
) -> Result<WrittenSegment, SegmentError> {
    let rows = compact(rows)?;
    let (files, meta) = encode(new, &rows)?;
    let meta_file = serde_json::to_vec_pretty(&meta)
        .map_err(|_| SegmentError::Encoding { what: "metadata" })?;
    let dir = names::segment_dir(new.signal_dir, new.partition, new.id);
    let written = WrittenSegment {
        dir: dir.clone(),
        meta_crc32c: crc32c::crc32c(&meta_file),
        bytes: meta.bytes() + meta_file.len() as u64,
        meta,
    };
    let all = files
        .iter()
        .map(|(name, content)| (*name, content.as_slice()));
    let temporary = temporary_dir(new);
    if vfs.exists(&dir).unwrap_or(true) {
        return Err(SegmentError::Io {
            path: dir,
            source: std::io::ErrorKind::AlreadyExists.into(),
        });
    }
    let result = write_folder(
        vfs,
        new,
        &dir,
        all.chain([(names::META, meta_file.as_slice())]),
    );
    if let Err(error) = result {
        // What cannot be removed now goes at the next start.
        for leftover in [temporary, dir] {
            let _ = vfs.remove_dir_all(&leftover);
        }
        return Err(error);
    }
    Ok(written)
}

/// What the folder is called until it is complete.
fn temporary_dir(new: &NewSegment<'_>) -> PathBuf {
    let name = names::segment_name(new.id) + names::TEMPORARY_SUFFIX;
    names::segments_dir(new.signal_dir)
        .join(new.partition)
        .join(name)
}

fn write_folder<'a>(
    vfs: &dyn Vfs,
    new: &NewSegment<'_>,
    dir: &Path,
    files: impl Iterator<Item = (&'a str, &'a [u8])>,
) -> Result<(), SegmentError> {
    let partition_dir = names::segments_dir(new.signal_dir).join(new.partition);
    let below = Path::new("segments").join(new.partition);
    let io = |path: &Path| {
        let path = path.to_path_buf();
        move |source| SegmentError::Io { path, source }
    };
    create_dir_durable(vfs, new.signal_dir, &below).map_err(io(&partition_dir))?;
    let temporary = temporary_dir(new);
    vfs.create_dir(&temporary).map_err(io(&temporary))?;
    for (name, content) in files {
        let path = temporary.join(name);
        let write = || {
            let mut file = vfs.create_new(&path)?;
            file.write_all(content)?;
            file.sync_all()
        };
        write().map_err(io(&path))?;
    }
    vfs.sync_dir(&temporary).map_err(io(&temporary))?;
    vfs.rename(&temporary, dir).map_err(io(dir))?;
    vfs.sync_dir(&partition_dir).map_err(io(&partition_dir))
}

type Files = Vec<(&'static str, Vec<u8>)>;

fn encode(new: &NewSegment<'_>, rows: &RecordBatch) -> Result<(Files, SegmentMeta), SegmentError> {
    let written = arrow_file::write(rows)?;
    let (text, filters) = text_index(new.signal, rows)?;
    let mut files = vec![
        (names::ROWS, written.bytes),
        (names::TEXT, text),
        (names::FILTERS, filters),
    ];
    if new.signal == Signal::Spans {
        files.push((
            names::TRACES,
            trace_codec::write(&TraceDirectory::build(rows)?)?,
        ));
    }
    let listed = files.iter().map(|(name, content)| {
        let meta = FileMeta {
            bytes: content.len() as u64,
            crc32c: crc32c::crc32c(content),
        };
        ((*name).to_owned(), meta)
    });
    let seq = columns::uint64(rows, clearspan_schema::SEQ)?;
    let times = written.batches.iter();
    let meta = SegmentMeta {
        format: FORMAT,
        id: new.id,
        tenant: new.tenant.as_str().into(),
        signal: new.signal.name().into(),
        partition: new.partition.into(),
        rows: rows.num_rows() as u32,
        granule_rows: GRANULE_ROWS,
        min_time_ns: times
            .clone()
            .map(|batch| batch.min_time_ns)
            .min()
            .unwrap_or(0),
        max_time_ns: times.map(|batch| batch.max_time_ns).max().unwrap_or(0),
        min_seq: arrow::compute::min(seq).unwrap_or(0),
        max_seq: arrow::compute::max(seq).unwrap_or(0),
        min_arrival_ns: new.arrival_ns.0,
        max_arrival_ns: new.arrival_ns.1,
        files: listed.collect::<BTreeMap<_, _>>(),
        dictionaries: written.dictionaries,
        batches: written.batches,
    };
    Ok((files, meta))
}

/// `text.idx` and `filters.bin` of `rows`.
fn text_index(signal: Signal, rows: &RecordBatch) -> Result<(Vec<u8>, Vec<u8>), SegmentError> {
    let mut builder = TextIndexBuilder::new(GRANULE_ROWS as usize);
    index_rows(signal, rows, &mut builder)?;
    let files = builder.finish(FilterBits::default());
    let TextFiles { terms, filters } =
        files.map_err(|_| SegmentError::Encoding { what: "text index" })?;
    Ok((terms, filters))
}

/// Feeds a builder row by row: each row's text, and its trace and span ids.
pub(crate) fn index_rows(
    signal: Signal,
    rows: &RecordBatch,
    builder: &mut TextIndexBuilder,
) -> Result<(), SegmentError> {
    let texts = RowTexts::new(signal, rows)?;
    let (trace, span) = match signal {
        Signal::Logs => (logs::TRACE_ID, logs::SPAN_ID),
        Signal::Spans => (spans::TRACE_ID, spans::SPAN_ID),
    };
    let ids = [columns::id(rows, trace)?, columns::id(rows, span)?];
    let mut scratch = String::new();
    for row in 0..rows.num_rows() {
        if let Some(text) = texts.row(row, &mut scratch) {
            builder.add_text(text);
        }
        for column in ids {
            if column.is_valid(row) {
                builder.add_id(id_key_of_bytes(column.value(row)));
            }
        }
        builder.end_row();
    }
    Ok(())
}

/// The text of each row that words and phrases are searched in.
enum RowTexts<'a> {
    Body(&'a arrow::array::StringArray, &'a arrow::array::BinaryArray),
    Name(clearspan_schema::dictionary::TextDictionary<'a>),
}

impl<'a> RowTexts<'a> {
    fn new(signal: Signal, rows: &'a RecordBatch) -> Result<Self, SegmentError> {
        Ok(match signal {
            Signal::Logs => RowTexts::Body(
                columns::text(rows, logs::BODY)?,
                columns::binary(rows, logs::BODY_VALUE)?,
            ),
            Signal::Spans => RowTexts::Name(columns::text_dictionary(rows, spans::NAME)?),
        })
    }

    fn row<'s>(&'s self, row: usize, scratch: &'s mut String) -> Option<&'s str> {
        match self {
            RowTexts::Name(names) => names.value(row),
            RowTexts::Body(body, value) => match body_at(body, value, row) {
                Body::Absent => None,
                Body::Text(text) => Some(text),
                Body::Value(encoded) => {
                    scratch.clear();
                    push_text(AnyRef::decode(encoded)?, scratch);
                    Some(scratch)
                }
            },
        }
    }
}
