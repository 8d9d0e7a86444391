//! What both files begin with: magic number, version, rules, layout and a checksum.
//!
//! | bytes | what (integers are little-endian) |
//! |---|---|
//! | 8 | magic number: `clrstext` or `clrsfilt` |
//! | 4 | version: 2; files of version 1 are read |
//! | 4 | rules by which texts were cut (see [`token::rules`](super::token)) |
//! | 4 | rows of a granule |
//! | 4 | granules |
//! | 4 | CRC-32C of all before it and all behind it |
//! | ... | the file's own content |
//!
//! Version 1 had the checksum at the end. There it spoils the one that `meta.json` keeps of the whole file: the CRC of any bytes with their own CRC
//! behind them is the same number, so that another file of the same length passed for this one.

use std::fmt;

use super::error::TextError;

const MAGIC_BYTES: usize = 8;
const CHECKSUM_BYTES: usize = 4;
/// Where the checksum stands, since version 2.
const CHECKSUM_AT: usize = MAGIC_BYTES + 4 * 4;
/// Magic number, four numbers and, in front of the content or behind it, the checksum.
const FRAME_BYTES: usize = CHECKSUM_AT + CHECKSUM_BYTES;

/// The files of a text index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// `text.idx`, the term dictionary and its granules.
    Terms,
    /// `filters.bin`, the filters for ids.
    Filters,
}

impl FileKind {
    /// The latest version; all before it are read too.
    fn version_max(self) -> u32 {
        match self {
            Self::Terms | Self::Filters => 2,
        }
    }

    fn magic(self) -> &'static [u8; MAGIC_BYTES] {
        match self {
            Self::Terms => b"clrstext",
            Self::Filters => b"clrsfilt",
        }
    }
}

impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Terms => "text.idx",
            Self::Filters => "filters.bin",
        })
    }
}

/// How rows are divided into granules: all have `granule_rows` rows, the last may have fewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// Rows of a granule, at least 1.
    pub granule_rows: usize,
    /// Rows in all.
    pub rows: usize,
}

impl Layout {
    /// The number of granules.
    pub fn granules(&self) -> usize {
        self.rows.div_ceil(self.granule_rows.max(1))
    }
}

/// Begins a file of the latest version. [`seal`] ends it.
pub(crate) fn begin(file: FileKind, rules: u32, layout: Layout) -> Result<Vec<u8>, TextError> {
    let mut bytes = Vec::new();
    bytes.extend(file.magic());
    put_u32(&mut bytes, file.version_max());
    put_u32(&mut bytes, rules);
    put_u32(
        &mut bytes,
        size(file, layout.granule_rows, "rows of a granule")?,
    );
    put_u32(&mut bytes, size(file, layout.granules(), "granules")?);
    bytes.extend([0; CHECKSUM_BYTES]);
    Ok(bytes)
}

/// Puts the checksum of a complete file in its place.
pub(crate) fn seal(mut bytes: Vec<u8>) -> Vec<u8> {
    let checksum = checksum_around(&bytes);
    if let Some(place) = bytes.get_mut(CHECKSUM_AT..FRAME_BYTES) {
        place.copy_from_slice(&checksum.to_le_bytes());
    }
    bytes
}

/// The checksum of all but the checksum.
fn checksum_around(bytes: &[u8]) -> u32 {
    let before = crc32c::crc32c(bytes.get(..CHECKSUM_AT).unwrap_or(bytes));
    crc32c::crc32c_append(before, bytes.get(FRAME_BYTES..).unwrap_or_default())
}

pub(crate) fn put_u32(bytes: &mut Vec<u8>, value: u32) {
    bytes.extend(value.to_le_bytes());
}

/// A size as the format holds it.
pub(crate) fn size(file: FileKind, value: usize, what: &'static str) -> Result<u32, TextError> {
    u32::try_from(value).map_err(|_| TextError::TooLarge { file, what })
}

/// Reads a file's parts in order; every length is checked.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    file: FileKind,
    bytes: &'a [u8],
    at: usize,
    version: u32,
}

impl<'a> Reader<'a> {
    /// Reads what stands in a frame, whose checksum held.
    pub(crate) fn within(file: FileKind, bytes: &'a [u8]) -> Self {
        Self {
            file,
            bytes,
            at: 0,
            version: file.version_max(),
        }
    }

    /// Checks the frame, then stands at the file's own content. Returns the rules it was written under.
    pub(crate) fn open(
        file: FileKind,
        bytes: &'a [u8],
        layout: Layout,
    ) -> Result<(Self, u32), TextError> {
        let (needed, found) = (FRAME_BYTES, bytes.len());
        if found < needed {
            return Err(TextError::Truncated {
                file,
                needed,
                found,
            });
        }
        let mut reader = Self::within(file, bytes);
        if reader.take(MAGIC_BYTES)? != file.magic() {
            return Err(TextError::Magic { file });
        }
        let (found, known) = (reader.u32()?, file.version_max());
        if !(1..=known).contains(&found) {
            return Err(TextError::Version { file, found, known });
        }
        reader.version = found;
        reader.verify()?;
        let rules = reader.u32()?;
        reader.agree("rows of a granule", layout.granule_rows)?;
        reader.agree("granules", layout.granules())?;
        if found > 1 {
            reader.take(CHECKSUM_BYTES)?;
        }
        Ok((reader, rules))
    }

    /// Checks the bytes. Of version 1 the checksum, which stands at the end, is then no more part of them.
    fn verify(&mut self) -> Result<(), TextError> {
        let (at, found) = match self.version {
            1 => {
                let at = self.bytes.len() - CHECKSUM_BYTES;
                (at, crc32c::crc32c(&self.bytes[..at]))
            }
            _ => (CHECKSUM_AT, checksum_around(self.bytes)),
        };
        let mut expected = [0; CHECKSUM_BYTES];
        expected.copy_from_slice(&self.bytes[at..at + CHECKSUM_BYTES]);
        let expected = u32::from_le_bytes(expected);
        if self.version == 1 {
            self.bytes = &self.bytes[..at];
        }
        match found == expected {
            true => Ok(()),
            false => Err(TextError::Checksum {
                file: self.file,
                expected,
                found,
            }),
        }
    }

    /// The file's version.
    pub(crate) fn version(&self) -> u32 {
        self.version
    }

    /// Reads a number that has to be this one.
    fn agree(&mut self, what: &'static str, expected: usize) -> Result<(), TextError> {
        let found = u64::from(self.u32()?);
        let expected = expected as u64;
        if found == expected {
            return Ok(());
        }
        let file = self.file;
        Err(TextError::Layout {
            file,
            what,
            expected,
            found,
        })
    }

    /// The position in the file.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    pub(crate) fn take(&mut self, len: usize) -> Result<&'a [u8], TextError> {
        let end = self.at.checked_add(len);
        let taken = end.and_then(|end| self.bytes.get(self.at..end));
        let taken = taken.ok_or(TextError::Truncated {
            file: self.file,
            needed: self.at.saturating_add(len),
            found: self.bytes.len(),
        })?;
        self.at += len;
        Ok(taken)
    }

    /// All that is left.
    pub(crate) fn rest(&mut self) -> &'a [u8] {
        let rest = &self.bytes[self.at..];
        self.at = self.bytes.len();
        rest
    }

    pub(crate) fn u8(&mut self) -> Result<u8, TextError> {
        Ok(self.take(1)?[0])
    }

    pub(crate) fn u32(&mut self) -> Result<u32, TextError> {
        let mut value = [0; 4];
        value.copy_from_slice(self.take(4)?);
        Ok(u32::from_le_bytes(value))
    }

    /// A number of items whose bytes follow; never more than can be there, so that a lie allocates nothing.
    pub(crate) fn count(&mut self, bytes_each: usize) -> Result<usize, TextError> {
        let count = self.u32()? as usize;
        self.fits(count.saturating_mul(bytes_each))?;
        Ok(count)
    }

    /// Checks that so many bytes are left.
    pub(crate) fn fits(&self, len: usize) -> Result<(), TextError> {
        if len <= self.bytes.len() - self.at {
            return Ok(());
        }
        Err(TextError::Truncated {
            file: self.file,
            needed: self.at.saturating_add(len),
            found: self.bytes.len(),
        })
    }

    /// Checks that nothing is left.
    pub(crate) fn end(&self) -> Result<(), TextError> {
        if self.at == self.bytes.len() {
            return Ok(());
        }
        Err(self.malformed("bytes are left over"))
    }

    pub(crate) fn malformed(&self, what: &'static str) -> TextError {
        TextError::Malformed {
            file: self.file,
            what,
        }
    }
}
