//! Whence the program has its memory: jemalloc, on Linux.
//!
//! glibc's allocator keeps what a burst of questions and requests took, in pieces too scattered to give back: after half a minute of foreign SQL beside
//! requests of 6 MB each, a process that counted 100 MB as in use went on to hold a gigabyte. jemalloc gives it back, and costs
//! senders less CPU (ADR 0020).

#![allow(
    unsafe_code,
    reason = "jemalloc reads its settings from a symbol, before the program runs, and is asked for memory by a function of C"
)]

use std::ffi::CStr;
use std::ptr;

use tikv_jemallocator::Jemalloc;

#[global_allocator]
static JEMALLOC: Jemalloc = Jemalloc;

/// A thread of its own gives memory back that nobody has used for ten seconds, also while the program idles; giving it back at once costs more
/// than it saves, since the next request takes it again. Buffers of up to 64 KB, of which decoding makes many, stay with their thread.
// SAFETY: the name is jemalloc's, whose pointer to a text ending in NUL is the first word of a slice.
#[unsafe(export_name = "_rjem_malloc_conf")]
static SETTINGS: &[u8] =
    b"background_thread:true,dirty_decay_ms:10000,muzzy_decay_ms:10000,tcache_max:65536\0";

/// All arenas; see `MALLCTL_ARENAS_ALL` in jemalloc's manual.
const PURGE_ALL: &CStr = c"arena.4096.purge";

/// Gives back to the system what was freed and is kept for the next that need it.
pub(crate) fn give_back() {
    // SAFETY: the name ends in NUL, and the command takes and gives no value, so that all other pointers may be null.
    let failed = unsafe {
        tikv_jemalloc_sys::mallctl(
            PURGE_ALL.as_ptr(),
            ptr::null_mut(),
            ptr::null_mut(),
            ptr::null_mut(),
            0,
        )
    };
    if failed != 0 {
        tracing::debug!(failed, "the allocator gives nothing back");
    }
}
