//! The forms in which storage keeps the records, one after the other, and which were reached.

use std::collections::BTreeMap;
use std::path::Path;

use clearspan_query::{AskedRange, AskedTime};
use clearspan_schema::Signal;
use clearspan_storage::Incoming;
use clearspan_storage::shape::Shape;

use super::records::Record;
use super::{FREQUENT_KEYS, ROWS};
use crate::store::Store;

pub(super) const STAGES: [&str; 7] = [
    "memtable",
    "Arrow",
    "Arrow and memtable",
    "Parquet",
    "Parquet and memtable",
    "crashed",
    "restarted",
];

/// Records that are in the store at each stage.
pub(super) fn present(stage: &str) -> usize {
    ROWS * match stage {
        "memtable" | "Arrow" => 1,
        "Arrow and memtable" | "Parquet" => 2,
        _ => 3,
    }
}

/// Leads the store from the stage before to this one.
pub(super) fn enter(
    stage: &str,
    store: Store,
    records: &[Record],
    batch: fn(&[Record]) -> Incoming,
) -> Store {
    let arrived = &records[present(stage) - ROWS..present(stage)];
    match stage {
        "Arrow" => store.flush(),
        "Parquet" => {
            store.flush();
            store.compact();
        }
        "crashed" => return store.crash(),
        "restarted" => return store.restart(),
        // In two parts, as records of one sender arrive.
        _ => arrived
            .chunks(ROWS / 2 + 7)
            .for_each(|part| store.append(batch(part))),
    }
    store
}

/// How many rows lay in which form when they were searched, and how many questions had which answer in which stage.
#[derive(Default)]
pub(super) struct Forms {
    rows: BTreeMap<String, u64>,
    answers: BTreeMap<&'static str, [u64; 2]>,
    manners: BTreeMap<&'static str, u64>,
}

impl Forms {
    /// Notes where the rows of the store lie, of which `rows` are in it.
    pub(super) fn look(&mut self, store: &Store, rows: usize) {
        let in_segments = self.add_segments(&store.folder.path().join("data"));
        self.add("memtable", rows as u64 - in_segments);
    }

    pub(super) fn answered(&mut self, stage: &'static str, some: bool) {
        self.answers.entry(stage).or_default()[usize::from(some)] += 1;
    }

    /// Notes in which manner something was asked.
    pub(super) fn asked(&mut self, range: AskedRange, times: &[i64], pages: bool, count: bool) {
        let on = |end: Option<AskedTime>| match end {
            Some(AskedTime::At(at)) => times.iter().any(|&time| i128::from(time) == at),
            _ => false,
        };
        let manners = [
            ("all time", range == AskedRange::ALL),
            ("a part of it", range != AskedRange::ALL),
            ("from a record's time", on(range.from)),
            ("to a record's time", on(range.to)),
            ("in pages", pages),
            ("not counted", !count),
        ];
        for (manner, is_so) in manners {
            *self.manners.entry(manner).or_default() += u64::from(is_so);
        }
    }

    pub(super) fn cases(&self) -> u64 {
        self.answers.values().flatten().sum()
    }

    fn add(&mut self, form: &str, rows: u64) {
        *self.rows.entry(form.to_owned()).or_default() += rows;
    }

    /// Adds the segments below `folder`; returns how many rows they have.
    fn add_segments(&mut self, folder: &Path) -> u64 {
        let mut rows = 0;
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                rows += self.add_segments(&path);
            }
        }
        let Ok(shape) = std::fs::read(folder.join("shape.bin")) else {
            return rows;
        };
        let format = match folder.join("rows.parquet").exists() {
            true => "Parquet",
            false => "Arrow",
        };
        self.add_segment(&Shape::decode(&shape).unwrap(), format);
        rows + Shape::decode(&shape).unwrap().row_count()
    }

    fn add_segment(&mut self, shape: &Shape, format: &str) {
        self.add(format, shape.row_count());
        if shape.signal() == Signal::Logs {
            let templates = shape.templates();
            let of_template = (0..).map_while(|id| templates.rows(id));
            let templated: u64 = of_template.map(u64::from).sum();
            self.add(&format!("{format}, template"), templated);
            self.add(&format!("{format}, plain"), shape.row_count() - templated);
        }
        for key in FREQUENT_KEYS {
            if !shape.key_source(key).columns.is_empty() {
                self.add(&format!("{format}, column"), shape.row_count());
            }
        }
        if shape.key_source("rare-1").residual {
            self.add(&format!("{format}, residual"), shape.row_count());
        }
    }

    /// The tables of both, and that each form was reached.
    pub(super) fn table(&self, signal: Signal) -> String {
        let mut forms = vec!["memtable".to_owned()];
        for format in ["Arrow", "Parquet"] {
            forms.extend([format!("{format}, column"), format!("{format}, residual")]);
            if signal == Signal::Logs {
                forms.extend([format!("{format}, template"), format!("{format}, plain")]);
            }
        }
        for form in forms {
            let rows = self.rows.get(&form).copied().unwrap_or_default();
            assert!(rows > 50, "{rows} rows in the form {form}: {:?}", self.rows);
        }
        for stage in STAGES {
            let answers = self.answers.get(stage).copied().unwrap_or_default();
            assert!(answers[0] > 50 && answers[1] > 50, "{stage}: {answers:?}");
        }
        for (manner, asked) in &self.manners {
            assert!(*asked > 100, "{manner}: {asked}");
        }
        format!(
            "how they were asked: {:?}\nrows by form, added over the stages: {:?}\nquestions without and with matches, by stage: {:?}",
            self.manners, self.rows, self.answers
        )
    }
}
