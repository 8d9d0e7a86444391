//! What was found at start.

use std::path::PathBuf;

/// What a replay read, and what was wrong. Nothing is ever skipped without a finding.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WalReport {
    /// Files that were read.
    pub files: u64,
    /// Frames that were handed on.
    pub frames: u64,
    /// Rows that were handed on.
    pub rows: u64,
    /// Whatever was not as it should be.
    pub findings: Vec<WalFinding>,
}

impl WalReport {
    /// How many acknowledged rows are known to be lost.
    pub fn rows_lost(&self) -> u64 {
        let lost = self.findings.iter().map(|finding| match finding {
            WalFinding::LostRows {
                from_seq, to_seq, ..
            } => to_seq - from_seq,
            _ => 0,
        });
        lost.sum()
    }
}

/// Something in a WAL folder that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WalFinding {
    /// The last file ended in the middle of a frame, as after a crash: the frame had not been acknowledged.
    /// (A damaged last frame looks the same, hence the copy.)
    #[error("{}: cut {bytes} bytes off the end, at {offset}", path.display())]
    TailCut {
        /// The file.
        path: PathBuf,
        /// Where it ends now.
        offset: u64,
        /// How many bytes were cut off.
        bytes: u64,
        /// Where they were kept, unless they were all zero.
        kept_in: Option<PathBuf>,
    },
    /// Bytes in the middle of a file are no sound frame.
    #[error("{}: damaged at {offset}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where the damage begins.
        offset: u64,
        /// Where the next sound frame begins, if one follows.
        resumes: Option<u64>,
    },
    /// Acknowledged rows are in none of the sound frames.
    #[error("{}: rows {from_seq} to {to_seq} (exclusive) are lost", path.display())]
    LostRows {
        /// The file that should hold them.
        path: PathBuf,
        /// The first sequence number.
        from_seq: u64,
        /// The sequence number after the last.
        to_seq: u64,
    },
    /// A file that the catalog knows is not there.
    #[error("{}: missing", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// A file's header is damaged.
    #[error("{}: damaged header", path.display())]
    DamagedHeader {
        /// The file.
        path: PathBuf,
        /// Whether the frames could be read all the same, by the header that the catalog vouches for.
        rebuilt: bool,
    },
    /// A sound frame repeats rows that an earlier one has; it was left out.
    #[error("{}: frame before {offset} repeats rows from {base_seq} on", path.display())]
    Repeated {
        /// The file.
        path: PathBuf,
        /// The end of the frame.
        offset: u64,
        /// Its first sequence number.
        base_seq: u64,
    },
    /// A frame is as it was written, and still Arrow cannot read it.
    #[error("{}: frame before {offset} cannot be decoded: {reason}", path.display())]
    Undecodable {
        /// The file.
        path: PathBuf,
        /// The end of the frame.
        offset: u64,
        /// What Arrow says.
        reason: String,
    },
    /// A file that was begun and never used: removed.
    #[error("{}: removed, it was never used", path.display())]
    Unused {
        /// The file.
        path: PathBuf,
    },
    /// A file with frames that the catalog does not know: set aside, not read.
    #[error("{}: not in the catalog, set aside as {}", path.display(), kept_in.display())]
    Unknown {
        /// The file.
        path: PathBuf,
        /// Its name now.
        kept_in: PathBuf,
    },
}
