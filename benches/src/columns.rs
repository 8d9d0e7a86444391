//! Where the bytes go: bytes of each column of `rows.parquet`, and of every other file, over all segments of a folder.
//!
//! A column's bytes are those of its pages in the file, dictionaries included, from the Parquet footer; `page index` is what the
//! footer says of pages, `footer` all the rest of the file. So the parts of `rows.parquet` sum up to its size.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};
use parquet::file::reader::{FileReader, SerializedFileReader};
use serde::Deserialize;

use crate::disk::Kinds;

/// What says that a folder is a segment.
const META: &str = "meta.json";
const ROWS_PARQUET: &str = "rows.parquet";

/// Prints the tables of a segment's folder, or of all segments below a folder, by signal.
pub(crate) fn run(folder: &Path) -> Result<()> {
    let mut signals = BTreeMap::new();
    add_segments(folder, &mut signals)?;
    ensure!(
        !signals.is_empty(),
        "there is no segment in {}",
        folder.display()
    );
    for (signal, bytes) in &signals {
        bytes.print(signal);
    }
    Ok(())
}

/// What of `meta.json` matters here.
#[derive(Debug, Deserialize)]
struct Meta {
    signal: String,
    rows: u64,
}

/// The bytes of all segments of a signal.
#[derive(Debug, Default)]
struct SignalBytes {
    segments: u64,
    rows: u64,
    files: Kinds,
    rows_in_parquet: u64,
    columns: BTreeMap<String, ColumnBytes>,
    page_index: u64,
    footer: u64,
}

/// The bytes of a column, over all row groups.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct ColumnBytes {
    /// As they lie in the file.
    compressed: u64,
    /// Of these, dictionaries.
    dictionaries: u64,
    /// Encoded, before compression.
    encoded: u64,
    /// Row groups that have the column: its name depends on what a segment holds.
    row_groups: u64,
}

fn add_segments(folder: &Path, signals: &mut BTreeMap<String, SignalBytes>) -> Result<()> {
    let meta = folder.join(META);
    if meta.exists() {
        let text = fs::read(&meta).with_context(|| format!("read {}", meta.display()))?;
        let meta: Meta = serde_json::from_slice(&text)
            .with_context(|| format!("{} is no segment's", meta.display()))?;
        let bytes = signals.entry(meta.signal).or_default();
        bytes.segments += 1;
        bytes.rows += meta.rows;
        return bytes.add_files(folder);
    }
    for entry in fs::read_dir(folder).with_context(|| format!("read {}", folder.display()))? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            add_segments(&entry.path(), signals)?;
        }
    }
    Ok(())
}

impl SignalBytes {
    fn add_files(&mut self, segment: &Path) -> Result<()> {
        for entry in fs::read_dir(segment)? {
            let entry = entry?;
            let bytes = entry.metadata()?.len();
            self.files.add(&entry.file_name().to_string_lossy(), bytes);
            if entry.file_name() == ROWS_PARQUET {
                let path = entry.path();
                let file = SerializedFileReader::new(File::open(&path)?)
                    .with_context(|| format!("read {}", path.display()))?;
                self.add_parquet(file.metadata(), bytes);
            }
        }
        Ok(())
    }

    fn add_parquet(&mut self, file: &ParquetMetaData, bytes: u64) {
        let mut rest = bytes;
        for group in file.row_groups() {
            self.rows_in_parquet += unsigned(group.num_rows());
            for column in group.columns() {
                let known = self.columns.entry(column.column_path().string());
                known.or_default().add(column);
                let index = page_index(column);
                self.page_index += index;
                rest = rest.saturating_sub(unsigned(column.compressed_size()) + index);
            }
        }
        self.footer += rest;
    }

    fn print(&self, signal: &str) {
        println!(
            "{signal}: {} segments, {} rows, {} of them in {ROWS_PARQUET}",
            self.segments, self.rows, self.rows_in_parquet
        );
        if self.rows_in_parquet > 0 {
            self.print_columns();
        }
        let all = self.files.total();
        println!(
            "  every file of the segments: {:.3} B a row",
            all as f64 / self.rows.max(1) as f64
        );
        self.files.print(self.rows);
    }

    fn print_columns(&self) {
        let mut columns: Vec<(&str, ColumnBytes)> = self
            .columns
            .iter()
            .map(|(name, bytes)| (name.as_str(), *bytes))
            .collect();
        let whole = |compressed| ColumnBytes {
            compressed,
            encoded: compressed,
            ..ColumnBytes::default()
        };
        columns.push(("(page index)", whole(self.page_index)));
        columns.push(("(footer)", whole(self.footer)));
        columns.sort_by_key(|(_, bytes)| std::cmp::Reverse(bytes.compressed));
        let all: u64 = columns.iter().map(|(_, bytes)| bytes.compressed).sum();
        println!(
            "    B a row   share  dictionaries   encoded  row groups  column of {ROWS_PARQUET}"
        );
        for (name, bytes) in columns {
            self.print_column(name, bytes, all);
        }
        self.print_column("(all)", whole(all), all);
    }

    fn print_column(&self, name: &str, bytes: ColumnBytes, all: u64) {
        let each = |bytes: u64| bytes as f64 / self.rows_in_parquet as f64;
        println!(
            "    {:>7.3} {:>6.1}%  {:>12.3}  {:>8.3}  {:>10}  {name}",
            each(bytes.compressed),
            bytes.compressed as f64 * 100.0 / all.max(1) as f64,
            each(bytes.dictionaries),
            each(bytes.encoded),
            bytes.row_groups,
        );
    }
}

impl ColumnBytes {
    fn add(&mut self, column: &ColumnChunkMetaData) {
        let dictionary = column.dictionary_page_offset();
        let dictionary = dictionary.map_or(0, |start| column.data_page_offset() - start);
        self.compressed += unsigned(column.compressed_size());
        self.dictionaries += unsigned(dictionary);
        self.encoded += unsigned(column.uncompressed_size());
        self.row_groups += 1;
    }
}

fn page_index(column: &ColumnChunkMetaData) -> u64 {
    let lengths = [column.column_index_length(), column.offset_index_length()];
    let lengths = lengths.into_iter().flatten();
    lengths.map(|length| unsigned(length.into())).sum()
}

/// Parquet's sizes are signed; a file that says otherwise counts as nothing.
fn unsigned(size: i64) -> u64 {
    u64::try_from(size).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
    use parquet::arrow::ArrowWriter;

    use super::*;

    fn write_segment(folder: &Path, rows: i64) {
        fs::create_dir_all(folder).unwrap();
        let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(0..rows));
        let texts = (0..rows).map(|row| format!("text {}", row % 3));
        let texts: ArrayRef = Arc::new(StringArray::from_iter_values(texts));
        let batch = RecordBatch::try_from_iter([("numbers", numbers), ("texts", texts)]).unwrap();
        let file = File::create(folder.join(ROWS_PARQUET)).unwrap();
        let mut writer = ArrowWriter::try_new(file, batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        let meta = format!("{{\"signal\":\"logs\",\"rows\":{rows},\"format\":2}}");
        fs::write(folder.join(META), meta).unwrap();
        fs::write(folder.join("text.idx"), [0; 9]).unwrap();
    }

    #[test]
    fn the_parts_of_all_files_are_the_whole() {
        let data = tempfile::tempdir().unwrap();
        write_segment(&data.path().join("segments/h/1"), 1_000);
        write_segment(&data.path().join("segments/h/2"), 200);
        let mut signals = BTreeMap::new();
        add_segments(data.path(), &mut signals).unwrap();
        let logs = &signals["logs"];
        assert_eq!(
            (logs.segments, logs.rows, logs.rows_in_parquet),
            (2, 1_200, 1_200)
        );
        assert_eq!(logs.files, Kinds::of(data.path()).unwrap());
        let columns: Vec<&str> = logs.columns.keys().map(String::as_str).collect();
        assert_eq!(columns, ["numbers", "texts"]);
        let of_columns: u64 = logs.columns.values().map(|column| column.compressed).sum();
        let parquet = |segment: &str| {
            let path = data.path().join("segments/h").join(segment);
            fs::metadata(path.join(ROWS_PARQUET)).unwrap().len()
        };
        let whole = parquet("1") + parquet("2");
        assert_eq!(of_columns + logs.page_index + logs.footer, whole);
        assert!(logs.page_index > 0 && logs.footer > 8 && logs.footer < whole);
        let texts = logs.columns["texts"];
        assert!(texts.dictionaries > 0 && texts.dictionaries < texts.compressed);
        assert_eq!(texts.row_groups, 2);
    }
}
