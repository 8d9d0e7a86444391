//! From the original to the files, and the counts that they must have.

use std::collections::HashSet;
use std::fmt;
use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clearspan_proto::otlp::frames::read_frame;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use sha2::{Digest, Sha256};

use super::recipe::{COPIES, Copied};
use super::{Counts, Signal, source};

/// Longer than any request of the data; a file that claims more is not ours.
const FRAME_BYTES_MAX: u32 = 64 << 20;

/// A file of the 12-fold data.
#[derive(Debug)]
pub(crate) struct Made {
    signal: Signal,
    path: PathBuf,
    requests: u64,
    counts: Counts,
}

impl Made {
    /// Its records.
    pub(crate) fn records(&self) -> u64 {
        self.counts.records
    }

    /// Its requests in order, undecoded.
    pub(crate) fn requests(&self) -> Result<Requests> {
        Requests::open(&self.path)
    }
}

impl fmt::Display for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counts {
            records,
            repeats,
            bytes_per_record,
        } = self.counts;
        write!(
            f,
            "{}: {} requests, {records} {}",
            self.path.display(),
            self.requests,
            self.signal.name()
        )?;
        if let Some(repeats) = repeats {
            write!(f, ", {repeats} of them identical repeats")?;
        }
        match bytes_per_record {
            Some(bytes) => write!(f, ", {bytes} B each"),
            None => Ok(()),
        }
    }
}

/// The data of one signal: what lies in the cache, else made from the original. Either way its counts are checked.
pub(crate) fn make(signal: Signal, source: &Path, cache: &Path, force: bool) -> Result<Made> {
    let path = signal.path(cache);
    if force || !path.exists() {
        let original = source.join(signal.original());
        // A name of its own until it is whole.
        let unfinished = path.with_extension("tmp");
        match signal {
            Signal::Logs => write_copies(&original, &unfinished, |line: source::LogsRequest| {
                ExportLogsServiceRequest::from(line)
            }),
            Signal::Spans => write_copies(&original, &unfinished, |line: source::TracesRequest| {
                ExportTraceServiceRequest::from(line)
            }),
        }?;
        fs::rename(&unfinished, &path)?;
    }
    check(signal, path)
}

fn write_copies<L, M>(original: &Path, to: &Path, message: fn(L) -> M) -> Result<()>
where
    L: serde::de::DeserializeOwned,
    M: Message + Copied,
{
    let file = File::create(to).with_context(|| format!("create {}", to.display()))?;
    let mut out = BufWriter::with_capacity(1 << 20, file);
    for c in 0..COPIES {
        for line in source::lines::<L>(original)? {
            let mut request = message(line?);
            request.copy(c);
            let body = request.encode_to_vec();
            out.write_all(&u32::try_from(body.len())?.to_be_bytes())?;
            out.write_all(&body)?;
        }
    }
    out.flush()?;
    Ok(())
}

/// Counts what the file holds and compares it with what the data must be.
fn check(signal: Signal, path: PathBuf) -> Result<Made> {
    let mut requests = Requests::open(&path)?;
    let (mut count, mut bytes, mut records) = (0, 0, 0);
    let mut distinct = HashSet::new();
    while let Some(body) = requests.next()? {
        count += 1;
        bytes += body.len() as u64;
        records += match signal {
            Signal::Logs => count_logs(body)?,
            Signal::Spans => note_spans(body, &mut distinct)?,
        };
    }
    let expected = signal.expected();
    let counts = Counts {
        records,
        repeats: expected.repeats.map(|_| records - distinct.len() as u64),
        bytes_per_record: expected
            .bytes_per_record
            .map(|_| (bytes + records / 2) / records.max(1)),
    };
    ensure!(
        counts == expected,
        "{} holds {counts:?}, and should hold {expected:?}",
        path.display()
    );
    Ok(Made {
        signal,
        path,
        requests: count,
        counts,
    })
}

fn count_logs(body: &[u8]) -> Result<u64> {
    let request = ExportLogsServiceRequest::decode(body)?;
    let groups = request.resource_logs.iter();
    let scopes = groups.flat_map(|group| &group.scope_logs);
    Ok(scopes.map(|scope| scope.log_records.len() as u64).sum())
}

/// Notes each span with all that is said of it: resource, scope and the span itself.
fn note_spans(body: &[u8], distinct: &mut HashSet<[u8; 16]>) -> Result<u64> {
    let request = ExportTraceServiceRequest::decode(body)?;
    let mut spans = 0;
    for group in &request.resource_spans {
        let resource = group.resource.as_ref().map(Message::encode_to_vec);
        for scope_group in &group.scope_spans {
            let scope = scope_group.scope.as_ref().map(Message::encode_to_vec);
            for span in &scope_group.spans {
                let mut digest = Sha256::new();
                for part in [&resource, &scope, &Some(span.encode_to_vec())] {
                    let part = part.as_deref().unwrap_or_default();
                    digest.update((part.len() as u64).to_be_bytes());
                    digest.update(part);
                }
                let mut key = [0; 16];
                key.copy_from_slice(&digest.finalize()[..16]);
                distinct.insert(key);
                spans += 1;
            }
        }
    }
    Ok(spans)
}

/// The requests of a file, one at a time.
#[derive(Debug)]
pub(crate) struct Requests {
    from: BufReader<File>,
    frame: Vec<u8>,
}

impl Requests {
    fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).with_context(|| format!("open {}", path.display()))?;
        Ok(Self {
            from: BufReader::with_capacity(1 << 20, file),
            frame: Vec::new(),
        })
    }

    /// The next request's bytes, `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<&[u8]>> {
        let more = read_frame(&mut self.from, &mut self.frame, FRAME_BYTES_MAX)?;
        Ok(more.then_some(self.frame.as_slice()))
    }
}
