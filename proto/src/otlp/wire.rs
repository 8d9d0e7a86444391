//! Counting a protobuf request's records before any message is built.
//!
//! All three requests have the same outline, which this walk follows without looking into a record:
//!
//! ```text
//! request        := resource_group*      field 1
//! resource_group := ... scope_group*     field 2
//! scope_group    := ... record*          field 2
//! ```

use crate::limits::MAX_RECORDS;

use super::DecodeError;

const RESOURCE_GROUP: u32 = 1;
const SCOPE_GROUP: u32 = 2;
const RECORD: u32 = 2;

/// The number of records of a request.
pub(crate) fn count_records(body: &[u8]) -> Result<u64, DecodeError> {
    let mut records = 0;
    each_record(body, |_| {
        records += 1;
        Ok(())
    })?;
    Ok(records)
}

/// Calls `visit` with the bytes of each record. Fails once records and groups together exceed
/// [`MAX_RECORDS`].
pub(crate) fn each_record(
    body: &[u8],
    mut visit: impl FnMut(&[u8]) -> Result<(), DecodeError>,
) -> Result<(), DecodeError> {
    let mut seen = 0;
    let mut count = || {
        seen += 1;
        if seen > MAX_RECORDS {
            return Err(DecodeError::TooManyRows);
        }
        Ok(())
    };
    for group in Messages::of(body, RESOURCE_GROUP) {
        count()?;
        for scope in Messages::of(group?, SCOPE_GROUP) {
            count()?;
            for record in Messages::of(scope?, RECORD) {
                count()?;
                visit(record?)?;
            }
        }
    }
    Ok(())
}

/// The length-delimited fields with one number in a message; all others are stepped over.
#[derive(Debug)]
pub(crate) struct Messages<'a> {
    bytes: &'a [u8],
    number: u32,
}

impl<'a> Messages<'a> {
    pub(crate) fn of(bytes: &'a [u8], number: u32) -> Self {
        Messages { bytes, number }
    }

    /// All length-delimited fields with their numbers, up to where the bytes are malformed.
    pub(super) fn fields(bytes: &'a [u8]) -> impl Iterator<Item = (u32, &'a [u8])> {
        let mut fields = Messages::of(bytes, 0);
        std::iter::from_fn(move || {
            while !fields.bytes.is_empty() {
                if let (number, Some(payload)) = fields.next_field().ok()? {
                    return Some((number, payload));
                }
            }
            None
        })
    }

    /// The next field of whatever kind, its key included.
    pub(super) fn next_whole(&mut self) -> Option<Result<&'a [u8], DecodeError>> {
        let from = self.bytes;
        if from.is_empty() {
            return None;
        }
        let read = self.next_field();
        let (field, _) = from.split_at(from.len() - self.bytes.len());
        Some(read.map(|_| field))
    }

    fn next_field(&mut self) -> Result<(u32, Option<&'a [u8]>), DecodeError> {
        let key = self.varint()?;
        let number = u32::try_from(key >> 3).map_err(|_| malformed("field number"))?;
        let payload = match key & 7 {
            0 => {
                self.varint()?;
                None
            }
            1 => self.skip(8)?,
            2 => {
                let length = usize::try_from(self.varint()?).map_err(|_| malformed("length"))?;
                Some(self.take(length)?)
            }
            5 => self.skip(4)?,
            3 => {
                self.skip_group(number)?;
                None
            }
            _ => return Err(malformed("wire type")),
        };
        Ok((number, payload))
    }

    /// Groups are long deprecated and in no OTLP message, but an unknown field may be one.
    fn skip_group(&mut self, number: u32) -> Result<(), DecodeError> {
        let mut open = vec![number];
        while let Some(&innermost) = open.last() {
            let key = self.varint()?;
            let number = u32::try_from(key >> 3).map_err(|_| malformed("field number"))?;
            match key & 7 {
                0 => drop(self.varint()?),
                1 => drop(self.skip(8)?),
                2 => {
                    let length = self.varint()?;
                    self.take(usize::try_from(length).map_err(|_| malformed("length"))?)?;
                }
                3 if open.len() < crate::limits::MAX_MESSAGE_DEPTH => open.push(number),
                4 if number == innermost => drop(open.pop()),
                5 => drop(self.skip(4)?),
                _ => return Err(malformed("group")),
            }
        }
        Ok(())
    }

    fn varint(&mut self) -> Result<u64, DecodeError> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let (&byte, rest) = self
                .bytes
                .split_first()
                .ok_or_else(|| malformed("varint"))?;
            self.bytes = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(malformed("varint"))
    }

    fn skip(&mut self, length: usize) -> Result<Option<&'a [u8]>, DecodeError> {
        self.take(length).map(|_| None)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], DecodeError> {
        let (taken, rest) = self
            .bytes
            .split_at_checked(length)
            .ok_or_else(|| malformed("length beyond the end"))?;
        self.bytes = rest;
        Ok(taken)
    }
}

impl<'a> Iterator for Messages<'a> {
    type Item = Result<&'a [u8], DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.bytes.is_empty() {
            match self.next_field() {
                Ok((number, Some(payload))) if number == self.number => return Some(Ok(payload)),
                Ok(_) => {}
                Err(error) => {
                    self.bytes = &[];
                    return Some(Err(error));
                }
            }
        }
        None
    }
}

fn malformed(what: &str) -> DecodeError {
    DecodeError::protobuf(format!("invalid {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(number: u8, content: &[u8]) -> Vec<u8> {
        let mut bytes = vec![number << 3 | 2];
        let mut length = content.len();
        while length >= 0x80 {
            bytes.push(length as u8 | 0x80);
            length >>= 7;
        }
        bytes.push(length as u8);
        bytes.extend_from_slice(content);
        bytes
    }

    #[test]
    fn records_are_counted_over_all_groups() {
        let scope = [field(2, b""), field(1, b"x"), field(2, b"record")].concat();
        let group = [field(1, b"resource"), field(2, &scope), field(2, &scope)].concat();
        let body = [
            field(1, &group),
            vec![9 << 3, 0x80, 1],
            vec![8 << 3 | 5, 1, 2, 3, 4],
            vec![
                7 << 3 | 3,
                1 << 3 | 3,
                6 << 3,
                1,
                1 << 3 | 4,
                2 << 3 | 2,
                1,
                9,
                7 << 3 | 4,
            ],
            field(1, &group),
        ]
        .concat();
        assert_eq!(count_records(&body).ok(), Some(8));
        assert_eq!(count_records(&[]).ok(), Some(0));
    }

    #[test]
    fn malformed_bytes_are_refused() {
        for body in [
            &[0x0a][..],
            &[0x0a, 5, 1],
            &[0xff; 12],
            &[0x0c],
            &[0x0b, 0x14],
            &[0x0e],
            b"not protobuf",
        ] {
            assert!(count_records(body).is_err(), "{body:?}");
        }
    }

    #[test]
    fn a_flood_of_empty_records_is_refused() {
        let scope = [0x12, 0].repeat(MAX_RECORDS as usize);
        let body = field(1, &field(2, &scope));
        assert!(matches!(
            count_records(&body),
            Err(DecodeError::TooManyRows)
        ));
    }
}
