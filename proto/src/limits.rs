//! Every limit of this room.

/// Records, and the groups they stand in, of one request. Two bytes of protobuf make an empty log
/// record of 250 bytes in memory and one row: without this bound a body within the size limit could ask
/// for gigabytes. Real senders put hundreds to tens of thousands of records in a request.
pub(crate) const MAX_RECORDS: u64 = 1 << 20;

/// Messages inside the records of one request: attributes, events, links, elements of lists. Each is some 60 bytes
/// in memory and may be two in the body, so this is 256 MB at worst; a request of real records that comes near
/// it would have 64 MB.
pub(crate) const MAX_PARTS: u64 = 1 << 22;

/// Bytes of one uncompressed body: each column of a batch addresses its bytes with 31 bits, and no
/// column takes more bytes than the body had. Collectors set a far lower limit of their own.
pub(crate) const MAX_BODY_BYTES: usize = i32::MAX as usize;

/// Messages inside each other, the request itself not counted. It is prost's bound, which every receiver
/// of our protobuf that uses prost has too; JSON is held to the same, so that what came in can go out.
pub(crate) const MAX_MESSAGE_DEPTH: usize = 100;

/// Arrays and maps inside each other in a stored value. Each is at least two messages, so no
/// value within [`MAX_MESSAGE_DEPTH`] goes deeper; it bounds the walk over bytes that came from elsewhere.
pub(crate) const MAX_VALUE_DEPTH: usize = MAX_MESSAGE_DEPTH / 2;

/// Arrays and objects inside each other in a JSON value that is skipped. Skipping takes no stack, but it
/// remembers a byte for each open bracket.
pub(crate) const MAX_SKIPPED_DEPTH: usize = 100_000;

/// Characters of a field name that an error message repeats.
pub(crate) const MAX_SHOWN_NAME_CHARS: usize = 64;
