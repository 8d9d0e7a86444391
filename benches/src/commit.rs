//! Group commit on the real disk, without the rest of the server: how many appends a second, and how long each waits.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use arrow::array::{ArrayRef, BinaryArray, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use clearspan_schema::Signal;
use clearspan_storage::background::{Clock, Runner, SystemClock, ThreadRunner};
use clearspan_storage::catalog::{MemCatalog, TableKey};
use clearspan_storage::commit::{AppendError, CommitConfig, CommitQueue, Committer, Join};
use clearspan_storage::vfs::{OsVfs, create_dir_durable};
use clearspan_storage::wal::{FsyncMode, WalConfig, WalPlace, WalWriter};

/// Measures several numbers of clients and sizes of request, one after the other.
pub(crate) fn run() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()?;
    runtime.block_on(async {
        for (clients, rows) in [(1, 100), (8, 100), (64, 100), (512, 10), (8, 5_000)] {
            measure(clients, rows, FsyncMode::Always).await?;
        }
        measure(64, 100, FsyncMode::Never).await
    })
}

const TIME: Duration = Duration::from_secs(3);
const ROW_BYTES: usize = 600;

fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![Field::new(
        "body",
        DataType::Binary,
        false,
    )]))
}

fn batch(rows: usize) -> Result<RecordBatch> {
    let bodies = BinaryArray::from_iter_values((0..rows).map(|row| vec![row as u8; ROW_BYTES]));
    let bodies: ArrayRef = Arc::new(bodies);
    Ok(RecordBatch::try_new(schema(), vec![bodies])?)
}

fn start(folder: &Path, fsync: FsyncMode) -> Result<(CommitQueue, ThreadRunner)> {
    create_dir_durable(&OsVfs, folder, Path::new("wal"))?;
    let place = WalPlace {
        vfs: Arc::new(OsVfs),
        catalog: Arc::new(MemCatalog::new()),
        key: TableKey::new("default", Signal::Logs),
        folder: folder.join("wal"),
    };
    let config = WalConfig {
        fsync,
        ..WalConfig::default()
    };
    let wal = WalWriter::new(place.clone(), schema(), 0, config)?;
    let queue = CommitQueue::new(CommitConfig::default());
    let join: Join = Box::new(|batches| Ok(concat_batches(&schema(), batches)?));
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let sink = Box::new(|_| {});
    let committer = Committer::new(queue.clone(), wal, &place, Arc::clone(&clock), join, sink);
    let runner = ThreadRunner::new(clock);
    runner.start("commit", queue.waker(), Box::new(committer))?;
    Ok((queue, runner))
}

/// `clients` of them each append `rows` rows, wait for the answer, and go on.
async fn measure(clients: usize, rows: usize, fsync: FsyncMode) -> Result<()> {
    // In the working folder: the system's temporary folder is often memory.
    let folder = tempfile::tempdir_in(".")?;
    let (queue, runner) = start(folder.path(), fsync)?;
    let batch = batch(rows)?;
    let begun = Instant::now();
    let tasks: Vec<_> = (0..clients)
        .map(|_| {
            let (queue, batch) = (queue.clone(), batch.clone());
            tokio::spawn(async move {
                let mut waits = Vec::new();
                while begun.elapsed() < TIME {
                    let sent = Instant::now();
                    queue.submit(batch.clone()).await?;
                    waits.push(sent.elapsed());
                }
                Ok::<_, AppendError>(waits)
            })
        })
        .collect();
    let mut waits = Vec::new();
    for task in tasks {
        waits.extend(task.await??);
    }
    runner.stop();
    waits.sort_unstable();
    let stats = queue.stats();
    let seconds = TIME.as_secs();
    println!(
        "{fsync:?}: {clients} clients x {rows} rows: {} appends/s, {} rows/s, {} groups/s, {:.1} appends a group, p50 {:?}, p99 {:?}",
        stats.appends / seconds,
        stats.rows / seconds,
        stats.groups / seconds,
        stats.appends as f64 / stats.groups as f64,
        waits[waits.len() / 2],
        waits[waits.len() * 99 / 100],
    );
    Ok(())
}
