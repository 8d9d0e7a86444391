//! What is written comes back, from the real disk too, and files come and go.

use arrow::buffer::Buffer;

use super::*;
use crate::catalog::SqliteCatalog;
use crate::vfs::OsVfs;

#[test]
fn every_column_comes_back_bit_by_bit_without_a_copy() {
    let written = batch(0, 300);
    let message = Buffer::from(payload::encode_schema(&schema()).unwrap());
    let pieces = payload::encode(&written, message.len()).unwrap();
    let bytes: Vec<u8> = pieces.iter().flat_map(|piece| piece.to_vec()).collect();
    assert_eq!(bytes.len() % format::ALIGNMENT, 0);
    let payload = Buffer::from(arrow::buffer::MutableBuffer::from_iter(
        bytes.iter().copied(),
    ));
    let memory = payload.as_ptr_range();
    let read = payload::decode(&message, &payload).unwrap();
    assert_eq!(read, written);
    assert_eq!(read.schema(), schema());
    for column in read.columns() {
        for buffer in column.to_data().buffers() {
            assert!(
                memory.contains(&buffer.as_ptr()),
                "{} was copied",
                column.data_type()
            );
        }
    }
}

#[test]
fn a_slice_is_written_without_what_was_cut_off() {
    let (_, place) = place();
    let mut writer = writer(&place, 0, 1 << 20);
    writer.append(&batch(0, 3), 0, 1).unwrap();
    let small = writer.append(&batch(3, 3), 3, 1).unwrap();
    let sliced = writer.append(&batch(0, 5_000).slice(6, 3), 6, 1).unwrap();
    writer.settle().unwrap();
    assert!(sliced.offset - small.offset < 3_000);
    assert_eq!(read(&place).unwrap().0, plain(0..9));
}

#[test]
fn groups_come_back_in_order_over_files_and_restarts() {
    let (disk, place) = place();
    let mut seq = 0;
    let mut positions = Vec::new();
    for life in 0..3 {
        let (rows, replayed) = read(&place).unwrap();
        assert_eq!(rows, plain(0..seq));
        assert_eq!(replayed.next_seq, seq);
        assert_eq!(replayed.report.findings, []);
        let mut writer = writer(&place, replayed.next_seq, 5_000);
        for rows in 1..8 {
            positions.push(commit(&mut writer, rows).unwrap());
            seq += rows as u64;
        }
        if life == 1 {
            writer.close().unwrap();
        }
        disk.kill();
    }
    assert!(positions.is_sorted());
    assert!(positions.last().unwrap().file >= 6);
}

#[test]
fn the_real_disk_and_the_real_catalog_do_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let open = || {
        let path = folder.path().join("catalog.sqlite");
        let catalog = SqliteCatalog::open(&path, &OsVfs, 1).unwrap();
        let below = Path::new("t/wal");
        crate::vfs::create_dir_durable(&OsVfs, folder.path(), below).unwrap();
        WalPlace {
            vfs: Arc::new(OsVfs),
            catalog: Arc::new(catalog),
            key: key(),
            folder: folder.path().join(below),
        }
    };
    let mut first = writer(&open(), 0, 5_000);
    for _ in 0..10 {
        commit(&mut first, 20).unwrap();
    }
    drop(first);
    let place = open();
    let (rows, replayed) = read(&place).unwrap();
    assert_eq!(rows, plain(0..200));
    assert_eq!(replayed.report.findings, []);
    flush_to(&place, 200);
    assert!(remove_flushed(&place).unwrap() > 2);
    assert_eq!(place.vfs.list(&place.folder).unwrap(), []);
    let (rows, replayed) = read(&open()).unwrap();
    assert_eq!((rows, replayed.next_seq), (vec![], 200));
}

#[test]
fn large_columns_are_written_from_where_they_lie() {
    let (_, place) = place();
    let mut writer = writer(&place, 0, 1 << 30);
    commit(&mut writer, 20_000).unwrap();
    commit(&mut writer, 1).unwrap();
    assert_eq!(read(&place).unwrap().0, plain(0..20_001));
}

#[test]
fn files_go_when_their_rows_are_in_segments() {
    let (disk, place) = place();
    let mut writer = writer(&place, 0, 3_000);
    for _ in 0..6 {
        commit(&mut writer, 2).unwrap();
    }
    let all = names_in(&disk);
    assert!(all.len() >= 3, "{all:?}");
    assert_eq!(remove_flushed(&place).unwrap(), 0);
    flush_to(&place, 5);
    let gone = remove_flushed(&place).unwrap();
    assert!(gone > 0);
    assert_eq!(names_in(&disk), all[gone..]);
    flush_to(&place, 12);
    remove_flushed(&place).unwrap();
    assert_eq!(names_in(&disk), all[all.len() - 1..], "the open file stays");
    writer.close().unwrap();
    assert_eq!(remove_flushed(&place).unwrap(), 1);
    assert_eq!(names_in(&disk), [""; 0]);
    let last = commit(&mut writer, 1).unwrap();
    assert_eq!(last.file, all.len() as u64 + 1, "numbers go on");
    let (rows, _) = read(&place).unwrap();
    assert_eq!(rows, plain(12..13));
}

#[test]
fn rows_in_segments_are_not_replayed_even_within_a_frame() {
    let (_, place) = place();
    let mut writer = writer(&place, 0, 1 << 20);
    commit(&mut writer, 4).unwrap();
    commit(&mut writer, 4).unwrap();
    flush_to(&place, 6);
    let (rows, replayed) = read(&place).unwrap();
    assert_eq!(rows, plain(6..8));
    assert_eq!((replayed.report.frames, replayed.report.rows), (1, 2));
}

#[test]
fn a_replay_may_flush_on_its_way() {
    let (disk, place) = place();
    let mut writer = writer(&place, 0, 2_000);
    for _ in 0..8 {
        commit(&mut writer, 3).unwrap();
    }
    disk.kill();
    let files = names_in(&disk).len();
    let mut seen = 0;
    let replayed = replay::<WalError>(&place, &schema(), |frame| {
        assert_eq!(frame.base_seq, seen);
        seen += frame.batch.num_rows() as u64;
        flush_to(&place, seen);
        remove_flushed(&place)?;
        Ok(())
    });
    assert_eq!(replayed.unwrap().next_seq, 24);
    assert!(files > 3);
    remove_flushed(&place).unwrap();
    assert_eq!(names_in(&disk), [""; 0]);
}

#[test]
fn another_schema_and_a_wrong_number_are_refused() {
    let (_, place) = place();
    let mut writer = writer(&place, 0, 1 << 20);
    let other = batch(0, 1).project(&[0]).unwrap();
    assert!(matches!(writer.append(&other, 0, 0), Err(WalError::Schema)));
    let gap = writer.append(&batch(0, 1), 1, 0);
    assert!(matches!(
        gap,
        Err(WalError::Sequence {
            expected: 0,
            actual: 1
        })
    ));
    commit(&mut writer, 2).unwrap();
    assert_eq!(read(&place).unwrap().0, plain(0..2));
}

#[test]
fn a_log_of_an_older_schema_is_read_as_it_was_written() {
    let (_, place) = place();
    let mut writer = writer(&place, 0, 1 << 20);
    commit(&mut writer, 2).unwrap();
    let newer = Arc::new(Schema::new(vec![Field::new("other", DataType::Utf8, true)]));
    let mut seen = 0;
    replay::<WalError>(&place, &newer, |frame| {
        seen += 1;
        assert_eq!(frame.batch, batch(0, 2));
        Ok(())
    })
    .unwrap();
    assert_eq!(seen, 1);
}
