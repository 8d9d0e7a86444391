//! What another program wrote, or for another segment.

use arrow::buffer::BooleanBuffer;

use super::*;
use crate::memtable::Chunk;
use crate::scan::{RowTemplate, TextSearch};

/// Read by a program that knows another rule for splitting bodies than the one that wrote.
#[test]
fn bodies_that_were_split_by_another_rule_are_found() {
    let rows = bodies(3_000);
    let rows: Vec<(u64, &str)> = rows.iter().map(|(time, body)| (*time, &**body)).collect();
    let rows = stored_logs(&rows, 100);
    let counts = [7, 1].map(|rule| {
        let dir = tempfile::tempdir().unwrap();
        let plan = conformance::plan_of(Signal::Logs, &rows).of_rule(rule);
        let written = write_planned(Container::Parquet, dir.path(), Signal::Logs, &rows, plan);
        let segment = open(Signal::Logs, &written).unwrap();
        let templates = segment.folded_templates().unwrap().unwrap();
        assert_eq!(templates.have_other_rule(), rule == 7);
        let part = Part::segment(Signal::Logs, Arc::new(segment));
        ["line", "needle", "line 3", "3", "li", "absent"].map(|text| {
            let search = TextSearch::new([TextPattern::new(text)], true);
            let mut stats = ScanStats::default();
            let found = part.count_text(&search, TimeRange::ALL, &mut stats);
            (found.unwrap().unwrap(), stats.rows_decoded > 0)
        })
    });
    assert_eq!(
        counts[0].map(|(found, _)| found),
        [2_999, 1, 429, 429, 0, 0]
    );
    assert_eq!(
        counts[0].map(|(found, _)| found),
        counts[1].map(|(found, _)| found)
    );
    // Only templates of a rule that is known count rows that nobody reads.
    assert!(counts[0][0].1 && !counts[1][0].1, "{counts:?}");
}

/// Whether a segment keeps a template, keeps those of another rule, or the rows are in memory: each row has the template of its body.
#[test]
fn a_row_has_the_template_of_its_body_in_every_form() {
    let rows = bodies(3_000);
    let rows: Vec<(u64, &str)> = rows.iter().map(|(time, body)| (*time, &**body)).collect();
    let rows = stored_logs(&rows, 100);
    let dirs = [1, 7].map(|rule| (rule, tempfile::tempdir().unwrap()));
    let segments = dirs.iter().map(|(rule, dir)| {
        let plan = conformance::plan_of(Signal::Logs, &rows).of_rule(*rule);
        let written = write_planned(Container::Arrow, dir.path(), Signal::Logs, &rows, plan);
        Part::segment(
            Signal::Logs,
            Arc::new(open(Signal::Logs, &written).unwrap()),
        )
    });
    let chunk = Chunk::new(Signal::Logs, rows.clone()).unwrap();
    let chunk = Part::chunk(Signal::Logs, Arc::new(chunk));
    let mut kept = Vec::new();
    for part in segments.chain([chunk]) {
        let mut reader = part.template_reader().unwrap();
        let texts: Vec<String> = reader.kept().iter().map(|text| text.to_string()).collect();
        let (mut of_kept, mut of_split) = (0, 0);
        // Some rows of several record batches.
        let mask = BooleanBuffer::collect_bool(2_900, |row| row % 3 != 1);
        reader
            .each(50, &mask, |place, template| {
                assert!(mask.value(place));
                let found = match template {
                    RowTemplate::Kept(id) => {
                        of_kept += 1;
                        texts[id as usize].clone()
                    }
                    RowTemplate::Split(split) => {
                        of_split += 1;
                        split.template.to_owned()
                    }
                    RowTemplate::None => panic!("no template"),
                };
                let wanted = match 50 + place {
                    2_500 => "the needle",
                    _ => "line \u{1}",
                };
                assert_eq!(found, wanted);
            })
            .unwrap();
        assert_eq!(of_kept + of_split, mask.count_set_bits());
        kept.push((of_kept > 0, of_split > 0));
    }
    assert_eq!(kept, [(true, true), (false, true), (false, true)]);
}

/// Each of the files is sound, and only belongs to other rows.
#[test]
fn a_file_of_another_segment_is_noticed() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    // Words and ids of the same number and length, and templates that differ.
    let rows = |word: &str| {
        let text = |at: u64| format!("{word} of {at:016x} done");
        (0..300)
            .map(|at| (1_000 - at, text(at)))
            .collect::<Vec<_>>()
    };
    let [ours, theirs] = [(&here, "cart"), (&there, "shop")].map(|(dir, word)| {
        let rows = rows(word);
        let rows: Vec<(u64, &str)> = rows.iter().map(|(time, text)| (*time, &**text)).collect();
        write(dir.path(), Signal::Logs, &stored_logs(&rows, 100))
    });
    let mut exchanged = Vec::new();
    for name in [names::SHAPE, names::TEXT, names::FILTERS] {
        let path = ours.dir.join(name);
        let sound = OsVfs.read(&path).unwrap();
        let other = OsVfs.read(&theirs.dir.join(name)).unwrap();
        if sound.len() != other.len() || sound == other {
            continue;
        }
        replace(&path, &other);
        let segment = open(Signal::Logs, &ours).unwrap();
        let noticed = segment.verify();
        assert!(
            matches!(noticed, Err(SegmentError::Checksum { .. })),
            "{name}: {noticed:?}"
        );
        replace(&path, &sound);
        exchanged.push(name);
    }
    assert!(exchanged.contains(&names::TEXT), "{exchanged:?}");
    open(Signal::Logs, &ours).unwrap().verify().unwrap();
}
