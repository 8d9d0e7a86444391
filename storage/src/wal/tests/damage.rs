//! What is damaged is detected, reported and set aside; what is sound is kept.

use super::*;

/// Two files of three groups of two rows each, the second still open. Returns their sizes.
fn two_files() -> (SimVfs, WalPlace, Vec<u64>) {
    let (disk, place) = place();
    let mut writer = writer(&place, 0, 1 << 20);
    for _ in 0..2 {
        for _ in 0..3 {
            let seq = writer.next_seq();
            writer.append(&expected(seq, 2), seq, 77).unwrap();
            writer.settle().unwrap();
        }
        if writer.next_seq() == 6 {
            writer.close().unwrap();
        }
    }
    disk.kill();
    let sizes = [1, 2].map(|n| disk.read(&file(n)).unwrap().len() as u64);
    (disk, place, sizes.to_vec())
}

fn file(number: u64) -> PathBuf {
    names::log_file(Path::new("/wal"), number)
}

#[test]
fn a_flipped_bit_anywhere_costs_at_most_its_own_frame_and_is_told() {
    let (_, _, sizes) = two_files();
    // A closed file and one that was being written. They are alike but for their last frame.
    for (number, size, step) in [(1, sizes[0], 1), (2, sizes[1], 7)] {
        for byte in (0..size).step_by(step) {
            let (disk, place, _) = two_files();
            disk.flip_bit(&file(number), byte, u8::try_from(byte % 8).unwrap())
                .unwrap();
            let (rows, replayed) = read(&place).unwrap();
            let missing: Vec<u64> = (0..12)
                .filter(|seq| !rows.contains(&(*seq, *seq)))
                .collect();
            assert!(
                rows.len() + missing.len() == 12,
                "nothing is invented: {rows:?}"
            );
            assert!(
                missing.len() <= 2,
                "file {number}, byte {byte}: {missing:?} are missing"
            );
            assert!(
                !replayed.report.findings.is_empty(),
                "file {number}, byte {byte} goes unnoticed"
            );
            let last_frame = missing == [10, 11];
            let lost = replayed.report.rows_lost() as usize;
            assert!(lost == missing.len() || last_frame, "{:?}", replayed.report);
        }
    }
}

#[test]
fn damage_in_the_middle_sets_the_file_aside_once_its_rows_are_safe() {
    for number in [1, 2] {
        let (disk, place, sizes) = two_files();
        disk.flip_bit(&file(number), sizes[0] / 2, 0).unwrap();
        for _ in 0..2 {
            let (rows, replayed) = read(&place).unwrap();
            assert_eq!(rows.len(), 10);
            assert_eq!(replayed.report.rows_lost(), 2);
            let row = &place.catalog.wal_files(&key())[usize::try_from(number).unwrap() - 1];
            assert_eq!((row.damaged, row.rows_lost), (true, 2));
        }
        flush_to(&place, 12);
        remove_flushed(&place).unwrap();
        assert_eq!(names_in(&disk), [format!("0000000{number}.wal.damaged")]);
        assert_eq!(place.catalog.table(&key()).rows_lost, 2);
    }
}

#[test]
fn a_torn_end_is_cut_off_at_any_place() {
    let (disk, _, sizes) = two_files();
    let whole = disk.read(&file(2)).unwrap();
    let frame = (sizes[1] - 400) / 3;
    for size in (sizes[1] - frame..sizes[1])
        .step_by(8)
        .chain([sizes[1] - 1])
    {
        let (disk, place, _) = two_files();
        let mut torn = disk.open_append(&file(2)).unwrap();
        torn.set_size(size).unwrap();
        let (rows, replayed) = read(&place).unwrap();
        assert!(
            rows.starts_with(&plain(0..8)) && rows.len() <= 10,
            "{rows:?}"
        );
        let [
            WalFinding::TailCut {
                offset,
                bytes,
                kept_in,
                ..
            },
        ] = &replayed.report.findings[..]
        else {
            assert_eq!(replayed.report.findings, [], "cut between two frames");
            continue;
        };
        assert_eq!(offset + bytes, size);
        let start = usize::try_from(*offset).unwrap();
        let kept = disk.read(kept_in.as_ref().unwrap()).unwrap();
        assert_eq!(kept, whole[start..usize::try_from(size).unwrap()]);
        assert_eq!(disk.read(&file(2)).unwrap().len(), start);
        let mut writer = writer(&place, replayed.next_seq, 1 << 20);
        commit(&mut writer, 1).unwrap();
        disk.power_loss(size);
        let (again, replayed) = read(&place).unwrap();
        assert_eq!(replayed.report.findings, []);
        assert_eq!(again.len(), rows.len() + 1);
    }
}

#[test]
fn a_group_torn_at_every_sector_is_dropped_whole() {
    let committed = |disk: &SimVfs| disk.read(&file(1)).unwrap().len();
    let write = |place: &WalPlace| {
        let mut writer = writer(place, 0, 1 << 20);
        commit(&mut writer, 3).unwrap();
        writer
    };
    let (disk, place_of_whole) = place();
    let mut whole = write(&place_of_whole);
    let before = committed(&disk);
    whole.append(&batch(3, 200), 3, 0).unwrap();
    let after = committed(&disk);
    for size in (before..after).step_by(512) {
        let (disk, place) = place();
        let mut wal = write(&place);
        wal.append(&batch(3, 200), 3, 0).unwrap();
        disk.open_append(&file(1))
            .unwrap()
            .set_size(size as u64)
            .unwrap();
        disk.kill();
        let (rows, replayed) = read(&place).unwrap();
        assert_eq!(rows, plain(0..3), "torn at {size}");
        assert_eq!(replayed.next_seq, 3);
    }
}

#[test]
fn zeros_at_the_end_are_cut_off_without_a_copy() {
    let (disk, place, sizes) = two_files();
    let mut grown = disk.open_append(&file(2)).unwrap();
    grown.set_size(sizes[1] + 5_000).unwrap();
    let (rows, replayed) = read(&place).unwrap();
    assert_eq!(rows, plain(0..12));
    let expected = WalFinding::TailCut {
        path: file(2),
        offset: sizes[1],
        bytes: 5_000,
        kept_in: None,
    };
    assert_eq!(replayed.report.findings, [expected]);
    assert_eq!(names_in(&disk).len(), 2);
}

#[test]
fn a_lost_end_of_a_closed_file_is_counted() {
    let (disk, place, sizes) = two_files();
    disk.open_append(&file(1))
        .unwrap()
        .set_size(sizes[0] - 1)
        .unwrap();
    let (rows, replayed) = read(&place).unwrap();
    assert_eq!(rows, plain((0..4).chain(6..12)));
    assert_eq!(replayed.report.rows_lost(), 2);
    assert_eq!(replayed.report.findings.len(), 2);
}

#[test]
fn missing_empty_and_short_files_are_told() {
    for number in [1, 2] {
        for size in [None, Some(0), Some(10), Some(100)] {
            let (disk, place, _) = two_files();
            match size {
                None => disk.remove_file(&file(number)).unwrap(),
                Some(size) => disk
                    .open_append(&file(number))
                    .unwrap()
                    .set_size(size)
                    .unwrap(),
            }
            let (rows, replayed) = read(&place).unwrap();
            let kept = if number == 1 { 6..12 } else { 0..6 };
            assert_eq!(rows, plain(kept), "file {number}, size {size:?}");
            let first = &replayed.report.findings[0];
            match size {
                None => assert!(matches!(first, WalFinding::Missing { .. }), "{first}"),
                Some(_) => assert!(matches!(first, WalFinding::DamagedHeader { .. }), "{first}"),
            }
            // The end of the first file is known, that of the last is not.
            assert_eq!(replayed.report.rows_lost(), if number == 1 { 6 } else { 0 });
            let mut writer = writer(&place, replayed.next_seq, 1 << 20);
            commit(&mut writer, 1).unwrap();
            assert!(read(&place).unwrap().0.len() == 7);
            flush_to(&place, writer.next_seq());
            remove_flushed(&place).unwrap();
        }
    }
}

#[test]
fn a_damaged_header_is_rebuilt_from_the_catalog() {
    let (disk, place, _) = two_files();
    for byte in [0, 9, 20, 100] {
        disk.flip_bit(&file(1), byte, 3).unwrap();
    }
    let (rows, replayed) = read(&place).unwrap();
    assert_eq!(rows, plain(0..12));
    let expected = WalFinding::DamagedHeader {
        path: file(1),
        rebuilt: true,
    };
    assert_eq!(replayed.report.findings, [expected]);
}

#[test]
fn files_that_the_catalog_does_not_know_are_cleared_away() {
    let (disk, place, _) = two_files();
    let copy = disk.read(&file(1)).unwrap();
    for (number, bytes) in [(7, &copy[..]), (8, &copy[..100]), (9, b"")] {
        let mut unknown = disk.create_new(&file(number)).unwrap();
        unknown.write_all(bytes).unwrap();
    }
    let (rows, replayed) = read(&place).unwrap();
    assert_eq!(rows, plain(0..12));
    assert_eq!(replayed.report.findings.len(), 3);
    let kept = ["00000001.wal", "00000002.wal", "00000007.wal.unknown"];
    assert_eq!(names_in(&disk), kept);
}

#[test]
fn a_frame_of_another_file_is_not_taken() {
    let (disk, place, sizes) = two_files();
    let foreign = disk.read(&file(1)).unwrap();
    let mut second = disk.open_append(&file(2)).unwrap();
    second.set_size(sizes[1] / 2 / 8 * 8).unwrap();
    second
        .write_all(&foreign[foreign.len() / 2 / 8 * 8..])
        .unwrap();
    let (rows, replayed) = read(&place).unwrap();
    assert!(
        rows.len() < 12 && plain(0..12).starts_with(&rows),
        "{rows:?}"
    );
    assert!(matches!(
        replayed.report.findings[..],
        [WalFinding::TailCut { .. }]
    ));
}
