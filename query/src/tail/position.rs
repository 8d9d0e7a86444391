//! Positions as text.

use crate::QueryError;

/// Writes and reads the positions of one store: `<sequence number>-<crc32c of the store and the number>`, both hexadecimal. The sum is no
/// protection; it tells a position of another store, or half of one, from one of this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Positions {
    store: u32,
}

impl Positions {
    pub(crate) fn of(store_id: &str) -> Self {
        Positions {
            store: crc32c::crc32c(store_id.as_bytes()),
        }
    }

    /// The position before the record with this sequence number.
    pub(crate) fn text(self, seq: u64) -> String {
        format!("{seq:x}-{:08x}", self.sum(seq))
    }

    pub(crate) fn parse(self, text: &str) -> Result<u64, QueryError> {
        let seq = text.split_once('-').and_then(|(seq, _)| {
            let seq = u64::from_str_radix(seq, 16).ok()?;
            // As it was written, and in no other way.
            (self.text(seq) == text).then_some(seq)
        });
        seq.ok_or(QueryError::BadCursor)
    }

    fn sum(self, seq: u64) -> u32 {
        crc32c::crc32c_append(self.store, &seq.to_le_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_read_by_its_own_store_alone() {
        let (ours, theirs) = (Positions::of("ours"), Positions::of("theirs"));
        for seq in [0, 1, 4711, u64::MAX] {
            let text = ours.text(seq);
            assert_eq!(ours.parse(&text).ok(), Some(seq));
            assert_eq!(theirs.parse(&text).ok(), None);
        }
        let text = ours.text(0x1000);
        for broken in [
            "",
            "-",
            "1000",
            &text[..text.len() - 1],
            &format!("0{text}"),
            &format!("+{text}"),
            "x-00000000",
        ] {
            assert_eq!(ours.parse(broken).ok(), None, "{broken}");
        }
    }
}
