#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use clearspan_schema::Signal;

use super::*;
use crate::TenantId;
use crate::derived::tests::{by_second, formulas};
use crate::scan::AttributeKeys;
use crate::segment::shape::Shape;
use crate::segment::shaped_rows::ShapedRows;
use crate::segment::{NewSegment, Segment, TraceDirectory, write_segment};
use crate::template::FoldedTemplates;
use crate::testing::{Span, shared, stored_logs, stored_spans};
use crate::text::TextIndex;
use crate::vfs::{SimVfs, Vfs, create_dir_durable};

fn get(cache: &SegmentCache, id: u64) -> (Arc<u64>, bool) {
    let mut opened = false;
    let value = cache.get::<u64, ()>(id, Piece::Rows, || {
        opened = true;
        Ok((id * 10, 40))
    });
    (value.unwrap(), opened)
}

fn opens(cache: &SegmentCache, id: u64) -> bool {
    get(cache, id).1
}

/// Room for so many bytes besides what an empty cache takes.
fn cache_of(bytes: usize) -> SegmentCache {
    SegmentCache::of_bytes(SegmentCache::of_bytes(0).bytes() + bytes)
}

#[test]
fn the_least_recently_used_goes_first() {
    let cache = cache_of(100);
    let empty = cache.bytes();
    assert!(opens(&cache, 1) && opens(&cache, 2) && !opens(&cache, 1));
    assert!(opens(&cache, 3));
    assert_eq!(*get(&cache, 1).0, 10);
    assert!(!opens(&cache, 1) && opens(&cache, 2));
    assert_eq!(cache.bytes(), empty + 80);
    cache.forget(2);
    assert_eq!(cache.bytes(), empty + 40);
    assert!(opens(&cache, 2));
}

#[test]
fn what_is_in_use_stays_and_is_opened_once() {
    let cache = cache_of(100);
    let empty = cache.bytes();
    let (one, _) = get(&cache, 1);
    let (two, _) = get(&cache, 2);
    let (three, _) = get(&cache, 3);
    assert_eq!(cache.bytes(), empty + 120);
    assert!([1, 2, 3].iter().all(|id| !opens(&cache, *id)));
    drop((two, three));
    assert!(opens(&cache, 4));
    assert_eq!(cache.bytes(), empty + 80);
    assert!(!opens(&cache, 1) && opens(&cache, 3) && opens(&cache, 2));
    assert_eq!(*one, 10);
}

#[test]
fn of_two_openings_at_once_one_is_kept() {
    let cache = cache_of(100);
    let empty = cache.bytes();
    let slow = cache.get::<u64, ()>(1, Piece::Rows, || {
        assert!(opens(&cache, 1));
        Ok((0, 40))
    });
    assert_eq!(*slow.unwrap(), 10);
    assert_eq!(cache.bytes(), empty + 40);
}

#[test]
fn a_failed_open_keeps_nothing() {
    let cache = cache_of(100);
    let empty = cache.bytes();
    let failed = cache.get::<u64, &str>(1, Piece::Text, || Err("no"));
    assert!(failed.is_err());
    assert_eq!(cache.bytes(), empty);
}

/// Segments of logs whose cache can be looked into.
struct Lab {
    disk: SimVfs,
    cache: Arc<SegmentCache>,
    segments: Vec<Segment>,
}

const DIR: &str = "/data/tenants/default";

impl Lab {
    fn new(budget: usize) -> Self {
        let disk = SimVfs::new();
        for signal in Signal::ALL {
            let below = signal_dir(signal);
            create_dir_durable(&disk, Path::new("/"), Path::new(&below[1..])).unwrap();
        }
        Lab {
            disk,
            cache: Arc::new(SegmentCache::of_bytes(budget)),
            segments: Vec::new(),
        }
    }

    /// A segment with the templates of an application.
    fn add(&mut self, application: usize) {
        let bodies: Vec<(u64, String)> = (0..600)
            .map(|row| {
                let kind = row % 60;
                let text = format!(
                    "Application-{} step {} DONE after {row} ms",
                    "abcdefghijklmnopqrstuvwxyz"
                        .chars()
                        .nth(application)
                        .unwrap(),
                    "x".repeat(kind + 1)
                );
                (1_000 + 600 - row as u64, text)
            })
            .collect();
        let rows: Vec<(u64, &str)> = bodies.iter().map(|(time, text)| (*time, &**text)).collect();
        self.write(Signal::Logs, &stored_logs(&rows, 0));
    }

    fn write(&mut self, signal: Signal, rows: &RecordBatch) {
        let id = self.segments.len() as u64;
        let new = NewSegment {
            id,
            tenant: TenantId::default(),
            signal,
            partition: "odd".into(),
            signal_dir: PathBuf::from(signal_dir(signal)),
            arrival_ns: (1, 2),
            formulas: formulas(),
        };
        let vfs: Arc<dyn Vfs> = shared(&self.disk);
        let written = write_segment(&vfs, new, [Ok(rows.clone())]).unwrap();
        let cache = Arc::clone(&self.cache);
        let opened = Segment::open(signal, written.dir, written.meta_crc32c, vfs, cache);
        self.segments.push(opened.unwrap());
    }

    /// Opens all that a search opens of a segment.
    fn search(&self, segment: usize) {
        let segment = &self.segments[segment];
        segment.read_batch(0, &[1, 8], &AttributeKeys::All).unwrap();
        segment.folded_templates().unwrap().unwrap();
        assert!(segment.text_index().is_some());
        assert!(segment.derived(&by_second(1)).is_some());
        self.check(&[], &[]);
    }

    fn search_all(&self) {
        (0..self.segments.len()).for_each(|segment| self.search(segment));
    }

    /// Holds the cache's account against what is kept, and in use besides.
    fn check(&self, shapes: &[&Shape], folded: &[&FoldedTemplates]) {
        let mut texts: BTreeSet<&str> = BTreeSet::new();
        let state = self.cache.state.lock();
        let mut bytes = 0;
        for ((_, piece), kept) in &state.kept {
            let value = kept.value.as_ref();
            bytes += match piece {
                Piece::Rows => value.downcast_ref::<ShapedRows>().unwrap().memory(),
                Piece::Shape => {
                    let shape = value.downcast_ref::<Shape>().unwrap();
                    texts.extend(shape.templates().templates());
                    shape.memory()
                }
                Piece::FoldedTemplates => {
                    let folded = value.downcast_ref::<FoldedTemplates>().unwrap();
                    texts.extend(folded.iter().map(|(text, _)| &**text));
                    folded.heap_bytes()
                }
                Piece::Text => {
                    let index: &Option<TextIndex> = value.downcast_ref().unwrap();
                    index.as_ref().unwrap().heap_bytes()
                }
                Piece::Derived(_) => {
                    let derived: &Option<Arc<RecordBatch>> = value.downcast_ref().unwrap();
                    derived.as_ref().unwrap().get_array_memory_size()
                }
                Piece::Traces => value.downcast_ref::<TraceDirectory>().unwrap().memory(),
                Piece::Remembered(_) => value.downcast_ref::<Vec<u8>>().unwrap().len(),
            };
        }
        for shape in shapes {
            texts.extend(shape.templates().templates());
        }
        for folded in folded {
            texts.extend(folded.iter().map(|(text, _)| &**text));
        }
        let once = SharedTexts::default();
        let once_each: Vec<_> = texts.iter().map(|text| once.share(text)).collect();
        assert_eq!(self.cache.texts.text_bytes(), once.text_bytes());
        assert_eq!(state.bytes, bytes);
        let others = self.cache.texts.bytes() - self.cache.texts.text_bytes();
        let others = others + self.cache.decompressors.bytes();
        assert_eq!(self.cache.held(&state), bytes + once.text_bytes() + others);
        drop(once_each);
    }
}

fn signal_dir(signal: Signal) -> String {
    format!("{DIR}/{signal}")
}

#[test]
fn texts_of_several_segments_are_counted_once_and_until_the_last_is_gone() {
    let mut lab = Lab::new(usize::MAX);
    lab.add(0);
    lab.search_all();
    let one = lab.cache.texts.text_bytes();
    assert!(one > 60 * 60);
    (0..5).for_each(|_| lab.add(0));
    lab.search_all();
    assert_eq!(lab.cache.texts.text_bytes(), one);
    (1..4).for_each(|application| lab.add(application));
    lab.search_all();
    assert_eq!(lab.cache.texts.text_bytes(), 4 * one);

    // The one that had the texts first takes none of them along.
    (0..5).for_each(|id| lab.cache.forget(id));
    lab.check(&[], &[]);
    assert_eq!(lab.cache.texts.text_bytes(), 4 * one);
    let shape = lab.segments[5].shape().unwrap().unwrap();
    let folded = lab.segments[6].folded_templates().unwrap().unwrap();
    (5..9).for_each(|id| lab.cache.forget(id));
    lab.check(&[&shape], &[&folded]);
    assert!(lab.cache.texts.text_bytes() > 0);
    drop((shape, folded));
    assert_eq!(lab.cache.texts.text_bytes(), 0);
    lab.check(&[], &[]);
}

#[test]
fn what_is_remembered_is_counted_and_goes_with_its_segment() {
    let mut lab = Lab::new(usize::MAX);
    (0..2).for_each(|application| lab.add(application));
    lab.search_all();
    let before = lab.cache.bytes();
    let (one, other) = (&lab.segments[0], &lab.segments[1]);
    assert!(one.remembered::<Vec<u8>>("sums").is_none());
    one.remember("sums", Arc::new(vec![1u8; 5_000]), 5_000);
    // Who comes later finds what is there.
    one.remember("sums", Arc::new(vec![2u8; 7_000]), 7_000);
    let found = one.remembered::<Vec<u8>>("sums").unwrap();
    assert_eq!((found.len(), found[0]), (5_000, 1));
    assert!(one.remembered::<String>("sums").is_none());
    assert!(other.remembered::<Vec<u8>>("sums").is_none());
    assert_eq!(lab.cache.bytes(), before + 5_000);
    lab.check(&[], &[]);
    lab.cache.forget(one.id());
    assert!(one.remembered::<Vec<u8>>("sums").is_none());
    lab.check(&[], &[]);
}

#[test]
fn the_account_holds_whatever_is_let_go() {
    let mut lab = Lab::new(usize::MAX);
    let applications = [0, 0, 1, 2, 0, 3, 1, 4, 5, 0, 6, 7];
    applications
        .iter()
        .for_each(|application| lab.add(*application));
    let empty = lab.cache.bytes();
    lab.search_all();
    let all = lab.cache.bytes() - empty;

    for share in [2, 3, 4, 5] {
        let budget = empty + all / share;
        lab.cache = Arc::new(SegmentCache::of_bytes(budget));
        let vfs = shared(&lab.disk);
        for segment in &mut lab.segments {
            let sum = crc32c::crc32c(&lab.disk.read(&segment.dir().join("meta.json")).unwrap());
            let dir = segment.dir().to_path_buf();
            let cache = Arc::clone(&lab.cache);
            *segment = Segment::open(Signal::Logs, dir, sum, Arc::clone(&vfs), cache).unwrap();
        }
        let held = lab.segments[4].shape().unwrap().unwrap();
        for round in 0..3 {
            for segment in 0..lab.segments.len() {
                lab.search((segment * 5 + round) % lab.segments.len());
                assert!(lab.cache.bytes() <= budget, "one in {share}");
            }
        }
        let again = lab.segments[4].shape().unwrap().unwrap();
        assert!(Arc::ptr_eq(&held, &again));
    }
}

#[test]
fn rows_and_their_shape_are_let_go_in_this_order() {
    let mut lab = Lab::new(usize::MAX);
    lab.add(0);
    lab.search(0);
    let mut left = Vec::new();
    while lab.cache.state.lock().let_go_of_one().is_some() {
        lab.check(&[], &[]);
        let state = lab.cache.state.lock();
        let kept = |piece| state.kept.contains_key(&(0, piece));
        assert!(kept(Piece::Shape) || !kept(Piece::Rows));
        assert!(kept(Piece::FoldedTemplates) || !kept(Piece::Text));
        left.push(state.kept.len());
    }
    assert_eq!(left, [4, 3, 2, 1, 0]);
    assert_eq!(lab.cache.texts.text_bytes(), 0);
}

#[test]
fn directories_of_traces_count_too() {
    let mut lab = Lab::new(usize::MAX);
    let spans: Vec<Span> = (0..200)
        .map(|at| Span::new(at / 3, at, None, 1_000))
        .collect();
    lab.write(Signal::Spans, &stored_spans(&spans, 0));
    lab.segments[0].trace_directory().unwrap();
    lab.check(&[], &[]);
    assert!(lab.cache.bytes() > 60 * 100);
}

#[test]
fn idle_pieces_give_way_to_others_and_those_in_use_stay() {
    let empty = cache_of(0).bytes();
    let budget = MemoryBudget::new(empty + 200);
    let account = budget.account(Purpose::Cache, 0, usize::MAX).unwrap();
    let cache = Arc::new(SegmentCache::new(&account));
    budget.takes_back_from(Arc::downgrade(&cache) as _);
    let queries = budget.account(Purpose::Queries, 0, usize::MAX).unwrap();
    let (used, _) = get(&cache, 1);
    assert!(opens(&cache, 2) && opens(&cache, 3) && opens(&cache, 4));
    assert_eq!(account.used(), empty + 160);
    let mut query = queries.hold();
    // There are 40 bytes free, and each idle piece has 40.
    query.grow(90).unwrap();
    assert_eq!(account.used(), empty + 80);
    assert!(!opens(&cache, 4) && !opens(&cache, 1));
    assert!(query.grow(80).is_err(), "one piece is in use");
    assert_eq!(account.used(), empty + 40);
    query.grow(70).unwrap();
    // Whoever reads gets its piece all the same, and it is counted.
    let (second, opened) = get(&cache, 2);
    assert!(opened);
    assert_eq!(
        (account.used(), budget.status().used_bytes()),
        (empty + 80, empty + 240)
    );
    assert!(query.grow(1).is_err());
    drop((used, second, query));
    assert!(opens(&cache, 5) && !opens(&cache, 2));
}
