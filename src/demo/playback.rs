//! The shop's life in the order of time: what can have been sent by a moment, step by step.

use super::shop::{SLICE_NS, Shop};
use super::telemetry::Records;

/// No story is longer, so what goes on at a moment began at most so long before it.
const STORY_NS_MAX: u64 = 60_000_000_000;

/// Where the shop's life is, and what has begun but not ended.
#[derive(Debug)]
pub(crate) struct Playback {
    shop: Shop,
    next_slice: u64,
    unended: Records,
}

impl Playback {
    /// Begins at this moment, in nanoseconds since 1970, with what is going on then.
    pub(crate) fn new(shop: Shop, from_ns: u64) -> Self {
        let mut playback = Self {
            shop,
            next_slice: 0,
            unended: Records::default(),
        };
        playback.skip_to(from_ns);
        playback
    }

    /// What has ended by now and was not given out before. A span can be sent when it has ended, a log when it was written.
    pub(crate) fn until(&mut self, now_ns: u64) -> Records {
        while self.next_slice * SLICE_NS <= now_ns {
            self.unended.append(self.shop.slice(self.next_slice));
            self.next_slice += 1;
        }
        self.unended.take_due(now_ns)
    }

    /// Leaves out what has ended by this moment, as after the machine's sleep.
    pub(crate) fn skip_to(&mut self, from_ns: u64) {
        let first_slice = from_ns.saturating_sub(STORY_NS_MAX) / SLICE_NS;
        if first_slice > self.next_slice {
            self.unended = Records::default();
            self.next_slice = first_slice;
        }
        let _left_out = self.until(from_ns);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START_NS: u64 = 1_760_000_000_000_000_000;
    const NS_PER_S: u64 = 1_000_000_000;

    fn playback() -> Playback {
        Playback::new(Shop::new(1, 4.0), START_NS)
    }

    /// Says what differs in few words: a span in full is a page long.
    fn check(found: &Records, expected: &Records) {
        let outline = |records: &Records| {
            let spans = records.spans.iter().map(|span| (span.due_ns, span.span_id));
            let logs = records.logs.iter().map(|log| log.due_ns);
            (spans.collect::<Vec<_>>(), logs.collect::<Vec<_>>())
        };
        assert_eq!(outline(found), outline(expected));
        assert!(
            found == expected,
            "the same moments, but not the same records"
        );
    }

    fn sorted(mut records: Records) -> Records {
        records.spans.sort_by_key(|span| span.span_id);
        let logs = &mut records.logs;
        logs.sort_by_key(|log| (log.due_ns, log.span, log.instance.pod.clone()));
        records
    }

    #[test]
    fn the_size_of_the_steps_does_not_matter() {
        let in_one = sorted(playback().until(START_NS + 60 * NS_PER_S));
        let mut stepwise = Records::default();
        let mut playback = playback();
        for second in 0..=60 {
            let now_ns = START_NS + second * NS_PER_S;
            let step = playback.until(now_ns);
            assert!(step.spans.iter().all(|span| span.due_ns <= now_ns));
            assert!(step.logs.iter().all(|log| log.due_ns <= now_ns));
            stepwise.append(step);
        }
        assert!(in_one.spans.len() > 1_000, "{}", in_one.spans.len());
        check(&in_one, &sorted(stepwise));
    }

    #[test]
    fn it_can_be_taken_up_where_it_was_left() {
        let end_ns = START_NS + 60 * NS_PER_S;
        // In the middle of a story.
        let spans = playback().until(end_ns).spans;
        let begun = spans.iter().filter(|span| span.start_ns > START_NS);
        let longest = begun.max_by_key(|span| span.end_ns - span.start_ns);
        let moment_ns = longest.map_or(0, |span| span.start_ns.midpoint(span.end_ns));
        let mut whole = playback();
        whole.until(moment_ns);
        let rest = sorted(whole.until(end_ns));
        let taken_up = sorted(Playback::new(Shop::new(1, 4.0), moment_ns).until(end_ns));
        assert!(rest.spans.iter().any(|span| span.start_ns < moment_ns));
        check(&rest, &taken_up);
        let mut asleep = playback();
        asleep.skip_to(moment_ns);
        check(&rest, &sorted(asleep.until(end_ns)));
    }

    #[test]
    fn nothing_is_told_twice_when_the_clock_is_set_back() {
        let mut playback = playback();
        assert!(!playback.until(START_NS + 10 * NS_PER_S).spans.is_empty());
        playback.skip_to(START_NS);
        let again = playback.until(START_NS + 10 * NS_PER_S);
        assert!(again == Records::default(), "{} spans", again.spans.len());
    }
}
