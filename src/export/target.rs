//! Where the lines go: standard output, or a file that gets its name when it is whole.

use std::ffi::OsString;
use std::fmt;
use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use tempfile::NamedTempFile;

/// The name that stands for standard output.
const STDOUT: &str = "-";

/// What a file has in its name while it is not whole.
const PARTIAL: &str = ".partial";

/// As any new file; the process's mask takes from it.
const MODE: u32 = 0o666;

pub(super) enum Target {
    Stdout,
    /// Written beside its place. Deleted unless it is finished or kept.
    File {
        writing: NamedTempFile,
        path: PathBuf,
    },
    /// A pipe or a device, which cannot be put in place later.
    Device {
        writing: File,
        path: PathBuf,
    },
}

impl Target {
    pub(super) fn open(path: Option<&Path>) -> anyhow::Result<Self> {
        let Some(path) = path.filter(|path| *path != Path::new(STDOUT)) else {
            return Ok(Target::Stdout);
        };
        if path.metadata().is_ok_and(|found| !found.is_file()) {
            Self::device(path)
        } else {
            Self::file(path)
        }
        .with_context(|| format!("{} cannot be written", path.display()))
    }

    #[allow(
        clippy::disallowed_methods,
        reason = "writing to what the user named is what export does"
    )]
    fn device(path: &Path) -> io::Result<Self> {
        Ok(Target::Device {
            writing: OpenOptions::new().write(true).open(path)?,
            path: path.to_owned(),
        })
    }

    fn file(path: &Path) -> io::Result<Self> {
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let writing = tempfile::Builder::new()
            .prefix(".clearspan-export-")
            .suffix(PARTIAL)
            .permissions(Permissions::from_mode(MODE))
            .tempfile_in(folder)?;
        Ok(Target::File {
            writing,
            path: path.to_owned(),
        })
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            // Whoever reads a pipe wants each line when it is there.
            Target::Stdout => {
                let mut stdout = io::stdout().lock();
                stdout.write_all(bytes).and_then(|()| stdout.flush())
            }
            Target::File { writing, .. } => writing.write_all(bytes),
            Target::Device { writing, .. } => writing.write_all(bytes),
        }
    }

    /// Puts a file in its place, and says where that is.
    pub(super) fn finish(self) -> anyhow::Result<Option<String>> {
        match self {
            Target::File { writing, path } => put(writing, &path).map(Some),
            Target::Stdout | Target::Device { .. } => Ok(None),
        }
    }

    /// Keeps what is there under a name that says that it is not whole, and says where that is.
    pub(super) fn keep_partial(self) -> anyhow::Result<String> {
        match self {
            Target::File { writing, path } => {
                let mut name = OsString::from(path);
                name.push(PARTIAL);
                put(writing, Path::new(&name))
            }
            kept => Ok(kept.to_string()),
        }
    }
}

fn put(writing: NamedTempFile, path: &Path) -> anyhow::Result<String> {
    let cannot = || format!("{} cannot be written", path.display());
    writing.as_file().sync_all().with_context(cannot)?;
    writing.persist(path).with_context(cannot)?;
    Ok(path.display().to_string())
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Stdout => f.write_str("the standard output"),
            Target::File { path, .. } | Target::Device { path, .. } => path.display().fmt(f),
        }
    }
}
