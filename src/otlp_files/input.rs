//! Opening files of OTLP. What a file holds is told by its first bytes, never by its name.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use indicatif::ProgressBar;

use super::split::Items;

/// The first bytes of a zstd frame.
pub(crate) const ZSTD_MAGIC: [u8; 4] = [0x28, 0xB5, 0x2F, 0xFD];

/// Bytes read from the disk at a time.
const BUFFER_BYTES: usize = 256 << 10;

/// The name that stands for standard input.
const STDIN: &str = "-";

/// Where something stands in the inputs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    input: Arc<str>,
    /// Line or frame, from 1.
    number: Option<u64>,
}

impl Place {
    pub(crate) fn new(input: &Arc<str>, number: u64) -> Self {
        Self {
            input: Arc::clone(input),
            number: Some(number),
        }
    }

    /// An input as a whole.
    pub(crate) fn whole(input: &Arc<str>) -> Self {
        Self {
            input: Arc::clone(input),
            number: None,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.number {
            Some(number) => write!(f, "{}:{number}", self.input),
            None => write!(f, "{}", self.input),
        }
    }
}

/// One input, opened but not read.
pub(crate) struct Input {
    pub(crate) name: Arc<str>,
    /// Size on disk; unknown for standard input.
    pub(crate) bytes: Option<u64>,
    source: Source,
}

enum Source {
    File(File),
    Stdin,
}

/// Opens all inputs. Standard input is written to a temporary file first if it has to be read `twice`.
pub(crate) fn open_all(paths: &[PathBuf], twice: bool) -> anyhow::Result<Vec<Input>> {
    if paths.iter().filter(|path| is_stdin(path)).count() > 1 {
        bail!("standard input can be read only once");
    }
    paths.iter().map(|path| Input::open(path, twice)).collect()
}

fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == STDIN
}

impl Input {
    #[allow(
        clippy::disallowed_methods,
        reason = "reading files that the user named is what import and load do"
    )]
    fn open(path: &Path, twice: bool) -> anyhow::Result<Self> {
        if is_stdin(path) {
            return Self::stdin(twice);
        }
        let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
        let metadata = file
            .metadata()
            .with_context(|| format!("cannot open {}", path.display()))?;
        if metadata.is_dir() {
            bail!("{} is a folder", path.display());
        }
        // A pipe by name can be read once, like standard input, and its size says nothing.
        let regular = metadata.is_file();
        let file = if twice && !regular {
            spool(file)?
        } else {
            file
        };
        let bytes = regular.then_some(metadata.len());
        Ok(Self {
            name: path.to_string_lossy().into(),
            bytes,
            source: Source::File(file),
        })
    }

    fn stdin(twice: bool) -> anyhow::Result<Self> {
        let source = if twice {
            Source::File(spool(io::stdin().lock())?)
        } else {
            Source::Stdin
        };
        Ok(Self {
            name: STDIN.into(),
            bytes: None,
            source,
        })
    }

    /// The same input from its start, for a first pass.
    pub(crate) fn again(&self) -> io::Result<Self> {
        let source = match &self.source {
            Source::File(file) => Source::File(file.try_clone()?),
            Source::Stdin => return Err(io::Error::other("standard input can be read only once")),
        };
        Ok(Self {
            name: Arc::clone(&self.name),
            bytes: self.bytes,
            source,
        })
    }

    /// The lines or frames of this input.
    pub(crate) fn items(
        self,
        progress: &ProgressBar,
    ) -> io::Result<Items<Box<dyn BufRead + Send>>> {
        let raw: Box<dyn Read + Send> = match self.source {
            Source::File(mut file) => {
                file.rewind().or_else(|error| {
                    if self.bytes.is_none() {
                        Ok(())
                    } else {
                        Err(error)
                    }
                })?;
                Box::new(file)
            }
            Source::Stdin => Box::new(io::stdin()),
        };
        let raw = BufReader::with_capacity(BUFFER_BYTES, progress.wrap_read(raw));
        let (start, raw) = peek(raw)?;
        let plain: Box<dyn BufRead + Send> = if start.starts_with(&ZSTD_MAGIC) {
            Box::new(BufReader::with_capacity(
                BUFFER_BYTES,
                zstd::Decoder::with_buffer(raw)?,
            ))
        } else {
            Box::new(raw)
        };
        let (start, plain) = peek(plain)?;
        Ok(Items::new(Box::new(plain), start.first().copied()))
    }
}

fn spool(mut from: impl Read) -> anyhow::Result<File> {
    let mut file =
        tempfile::tempfile().context("cannot make a temporary file for the first pass")?;
    io::copy(&mut from, &mut file).context("cannot copy to a temporary file for the first pass")?;
    Ok(file)
}

/// The first bytes, at most four, and a reader that still begins with them.
fn peek<R: BufRead>(mut reader: R) -> io::Result<(Vec<u8>, impl BufRead + use<R>)> {
    let mut start = Vec::with_capacity(ZSTD_MAGIC.len());
    reader
        .by_ref()
        .take(ZSTD_MAGIC.len() as u64)
        .read_to_end(&mut start)?;
    Ok((start.clone(), Cursor::new(start).chain(reader)))
}
