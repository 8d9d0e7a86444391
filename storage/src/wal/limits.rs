//! Every limit of the log, with its reason.

/// A frame's payload. Replay holds one frame in memory, and Arrow's offsets are 32 bits.
pub const FRAME_BYTES_MAX: usize = 256 << 20;

/// A file is left for a new one once it has this many bytes: about one flush, so that a file goes soon after
/// its rows are in segments, while its opening (four syncs) stays rare.
pub(super) const ROLL_BYTES: u64 = 64 << 20;

/// A header, whose schema has at most 40 columns; a length beyond this is damage.
pub(super) const HEADER_BYTES_MAX: usize = 1 << 20;

/// How much of a file is held at once when looking for a sound frame behind damage.
pub(super) const SEARCH_CHUNK_BYTES: usize = 1 << 20;

/// Pieces of a frame shorter than this are gathered into one write.
pub(super) const GATHER_BYTES: usize = 64 << 10;
