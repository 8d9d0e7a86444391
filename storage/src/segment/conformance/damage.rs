//! Files that are not as they were written.

use std::io::ErrorKind;

use super::*;
use crate::limits::SUM_BLOCK_BYTES;

/// Reads all that can be read: what is not an error must be right. Returns how many batches were right.
fn sound_batches(case: &Case) -> usize {
    let Ok(file) = case.open() else { return 0 };
    let columns = case.all_columns();
    let right = (0..case.batches()).filter(|&index| {
        match file.read(index, &columns, &AttributeKeys::All) {
            Err(_) => false,
            Ok(read) => {
                assert_eq!(plain(&read), case.expected(index, &columns));
                true
            }
        }
    });
    right.count()
}

/// Some of every region of a file of `size` bytes: both ends byte by byte, and what lies between in steps.
fn places(size: u64, steps: u64) -> Vec<u64> {
    let ends = (0..5).chain(size.saturating_sub(8)..size);
    let between = (0..size).step_by((size / steps + 1) as usize);
    let mut places: Vec<u64> = ends.chain(between).collect();
    places.sort_unstable();
    places.dedup();
    places
}

#[test]
fn a_flipped_bit_is_an_error_or_in_rows_that_were_not_asked_for() {
    each(|container, signal| {
        let case = Case::new(container, signal, random_rows(signal, 11, 6_000), 6_000);
        let path = case.path();
        let size = case.disk.read(&path).unwrap().len() as u64;
        assert!(size > 4 * u64::from(SUM_BLOCK_BYTES) && case.batches() > 1);
        let mut spared = 0;
        for place in places(size, 8) {
            case.disk.flip_bit(&path, place, (place % 8) as u8).unwrap();
            let sound = sound_batches(&case);
            assert!(
                sound < case.batches() || is_unread(&case, place),
                "byte {place}"
            );
            spared += sound;
            case.disk.flip_bit(&path, place, (place % 8) as u8).unwrap();
        }
        assert!(spared > 0, "{container:?}: one flip costs all rows");
        assert_eq!(sound_batches(&case), case.batches());
    });
}

/// Whether no reader ever looks at this byte: an Arrow file's own header and footer, since `meta.json` says what
/// they say. (`verify` looks at them.)
fn is_unread(case: &Case, place: u64) -> bool {
    let messages = case.written.meta.dictionaries.iter();
    let batches = case.written.meta.batches.iter();
    let mut blocks = messages
        .copied()
        .chain(batches.filter_map(|batch| batch.block));
    let inside = |block: crate::segment::meta::BlockMeta| {
        let end = block.offset + u64::from(block.header_bytes) + block.body_bytes;
        (block.offset..end).contains(&place)
    };
    case.written.meta.container == Container::Arrow && !blocks.any(inside)
}

#[test]
fn a_flipped_bit_in_a_small_file_is_noticed_everywhere() {
    each(|container, signal| {
        let case = Case::new(container, signal, random_rows(signal, 12, 20), 20);
        let path = case.path();
        let size = case.disk.read(&path).unwrap().len() as u64;
        for place in places(size, 150) {
            case.disk.flip_bit(&path, place, (place % 8) as u8).unwrap();
            let sound = sound_batches(&case);
            assert!(sound == 0 || is_unread(&case, place), "byte {place}");
            case.disk.flip_bit(&path, place, (place % 8) as u8).unwrap();
        }
    });
}

#[test]
fn a_file_that_is_cut_gives_no_wrong_row() {
    each(|container, signal| {
        let case = Case::new(container, signal, random_rows(signal, 13, 3_000), 3_000);
        let path = case.path();
        let whole = case.disk.read(&path).unwrap();
        let size = whole.len() as u64;
        let block = u64::from(SUM_BLOCK_BYTES);
        let cuts = [
            0,
            1,
            3,
            4,
            8,
            12,
            block - 1,
            block,
            block + 1,
            size / 2,
            size / block * block,
            size - 12,
            size - 8,
            size - 1,
        ];
        for cut in cuts {
            case.disk.open_append(&path).unwrap().set_size(cut).unwrap();
            assert!(sound_batches(&case) < case.batches() || container == Container::Arrow);
            let mut file = case.disk.open_append(&path).unwrap();
            file.write_all(&whole[cut as usize..]).unwrap();
        }
        assert_eq!(sound_batches(&case), case.batches());
    });
}

#[test]
fn a_file_that_is_gone_says_so() {
    each(|container, signal| {
        let case = Case::new(container, signal, random_rows(signal, 14, 10), 10);
        case.disk.remove_file(&case.path()).unwrap();
        match case.open() {
            Err(SegmentError::Io { path, source }) => {
                assert_eq!((path, source.kind()), (case.path(), ErrorKind::NotFound));
            }
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn a_damaged_block_says_which_file_and_that_it_is_the_checksum() {
    let signal = Signal::Logs;
    let case = Case::new(
        Container::Parquet,
        signal,
        random_rows(signal, 15, 3_000),
        3_000,
    );
    let file = case.open().unwrap();
    case.disk.flip_bit(&case.path(), 100, 3).unwrap();
    let failed = file.read(0, &case.all_columns(), &AttributeKeys::All);
    assert!(
        matches!(&failed, Err(SegmentError::Checksum { path, .. }) if *path == case.path()),
        "{failed:?}"
    );
}
