//! Which threads come first when there are more than cores.
//!
//! Those that acknowledge, and those that answer, have the priority with which the process was started. Scans get about half of their share, the background
//! a fifth of that, and whoever waits on a higher one is served sooner. Where the system has no priorities of threads nothing happens.

/// How much less than an acknowledgement something matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// Answers of the API and pages, and questions that read few rows.
    Answers,
    /// Questions that may read everything.
    Scans,
    /// What nobody waits for. Not less than this: it must go on under a load that never ends, or files would pile up.
    Background,
}

/// The kernel's measure: three of it halve a thread's share.
#[cfg(target_os = "linux")]
fn niceness(priority: Priority) -> i32 {
    match priority {
        // As the network: on a core that senders keep busy, three steps less made a fresh log wait three times as long to be found.
        Priority::Answers => 0,
        Priority::Scans => 3,
        Priority::Background => 10,
    }
}

/// Lowers the calling thread, and those that it will start, to `priority`; for good, as the system raises nobody. A thread that is lower already
/// stays so.
#[cfg(target_os = "linux")]
pub fn lower_this_thread(priority: Priority) {
    use rustix::process::{getpriority_process, setpriority_process};
    // On Linux these two are of the calling thread, whatever their names say.
    let lowered = getpriority_process(None).and_then(|now| {
        let wanted = niceness(priority);
        if now < wanted {
            setpriority_process(None, wanted)
        } else {
            Ok(())
        }
    });
    if let Err(error) = lowered {
        tracing::debug!(%error, ?priority, "the priority of a thread stays");
    }
}

/// Nothing: other systems know priorities of processes alone.
#[cfg(not(target_os = "linux"))]
pub fn lower_this_thread(_: Priority) {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::process::getpriority_process;

    use super::*;

    #[test]
    fn it_lowers_one_thread_and_never_raises() {
        let here = getpriority_process(None).unwrap_or(0);
        let there = std::thread::spawn(|| {
            lower_this_thread(Priority::Background);
            lower_this_thread(Priority::Answers);
            getpriority_process(None)
        });
        let there = there.join().ok();
        assert_eq!(there, Some(Ok(here.max(10))));
        assert_eq!(getpriority_process(None), Ok(here));
    }
}
