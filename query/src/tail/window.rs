//! So many rows a second.

use std::time::Duration;

const LENGTH: Duration = Duration::from_secs(1);

/// A second, begun by its first row, in which a number of rows may pass. When it is over the next row begins another: so a reader is told
/// once a second what it did not get, where a steadier rule would tell of a gap between any two rows.
#[derive(Debug)]
pub(super) struct Window {
    rows_max: usize,
    rows: usize,
    /// On the monotonic clock.
    begun: Option<Duration>,
}

impl Window {
    pub(super) fn new(rows_max: usize) -> Self {
        Window {
            rows_max,
            rows: 0,
            begun: None,
        }
    }

    /// How many rows may still pass.
    pub(super) fn left(&self, now: Duration) -> usize {
        match self.remaining(now) {
            Some(_) => self.rows_max.saturating_sub(self.rows),
            None => self.rows_max,
        }
    }

    /// `rows` have passed.
    pub(super) fn take(&mut self, rows: usize, now: Duration) {
        if self.remaining(now).is_none() {
            (self.begun, self.rows) = (Some(now), 0);
        }
        self.rows += rows;
    }

    /// How long until rows may pass again.
    pub(super) fn wait(&self, now: Duration) -> Duration {
        match self.left(now) {
            0 => self.remaining(now).unwrap_or_default(),
            _ => Duration::ZERO,
        }
    }

    fn remaining(&self, now: Duration) -> Option<Duration> {
        let end = self.begun? + LENGTH;
        end.checked_sub(now).filter(|left| !left.is_zero())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_begins_with_its_first_row() {
        let ms = Duration::from_millis;
        let mut window = Window::new(5);
        assert_eq!((window.left(ms(0)), window.wait(ms(0))), (5, ms(0)));
        window.take(3, ms(700));
        assert_eq!(window.left(ms(1_600)), 2);
        window.take(2, ms(1_600));
        assert_eq!((window.left(ms(1_699)), window.wait(ms(1_699))), (0, ms(1)));
        assert_eq!((window.left(ms(1_700)), window.wait(ms(1_700))), (5, ms(0)));
        window.take(1, ms(9_000));
        assert_eq!((window.left(ms(9_999)), window.left(ms(10_000))), (4, 5));
    }
}
