//! Who has which slot, and who gets the next.

use std::collections::HashMap;
use std::sync::Arc;

use crate::catalog::ServiceRow;
use crate::limits::{SERVICE_NAME_BYTES_MAX, SERVICES_MAX};

/// How far to step from a colour that is taken. Prime to the number of colours, so that all are tried.
const STEP: u8 = 7;

/// All colours of a round are taken, as bits.
const ALL_TAKEN: u32 = (1 << ServiceSlot::COLOURS) - 1;

/// How a service's mark looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ServiceSlot {
    /// Which colour: below [`COLOURS`](Self::COLOURS).
    pub colour: u8,
    /// How many services had this colour before: 0 for the first. The pages split the mark of all others.
    pub round: u16,
}

impl ServiceSlot {
    /// How many colours there are.
    pub const COLOURS: u8 = 20;

    /// The slot that follows from the name alone: the first that a service tries, and what one has that
    /// takes none.
    fn by_hash(name: &str) -> Self {
        let colour = (fnv_1a_32(name.as_bytes()) % u32::from(Self::COLOURS)) as u8;
        ServiceSlot { colour, round: 0 }
    }
}

/// The slots of a tenant's services at one moment. A service never changes its slot.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServiceSlots {
    slots: HashMap<Arc<str>, ServiceSlot>,
    /// The round that the next service takes its colour from ...
    round: u16,
    /// ... and the colours of it that are taken, as bits. Never all: then the next round begins.
    taken: u32,
}

impl ServiceSlots {
    /// The slot of the service `name`. A name that was never seen, the empty one, and what is beyond the
    /// limits of the register have the colour of their hash, in round 0.
    pub fn slot(&self, name: &str) -> ServiceSlot {
        let known = self.slots.get(name).copied();
        known.unwrap_or_else(|| ServiceSlot::by_hash(name))
    }

    /// All services that have a slot, by name.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.slots.keys().map(AsRef::as_ref).collect();
        names.sort_unstable();
        names
    }

    /// As they were kept.
    pub(super) fn of_rows<'a>(rows: impl IntoIterator<Item = &'a ServiceRow>) -> Self {
        let mut slots = Self::default();
        for row in rows {
            slots.insert(Arc::clone(&row.name), row.slot);
        }
        slots
    }

    /// Whether `name` should take a slot and has none: one without a name, one with an unreasonable name
    /// and one too many never do.
    pub(super) fn is_new(&self, name: &str) -> bool {
        !self.is_full()
            && !name.is_empty()
            && name.len() <= SERVICE_NAME_BYTES_MAX
            && !self.slots.contains_key(name)
    }

    /// Whether no further service takes a slot.
    pub(super) fn is_full(&self) -> bool {
        self.slots.len() >= SERVICES_MAX
    }

    /// Gives `name` the next slot, where it [`is_new`](Self::is_new): its hash's colour, or the next in
    /// steps of seven that is free in this round.
    pub(super) fn take(&mut self, name: Arc<str>) -> Option<ServiceSlot> {
        if !self.is_new(&name) {
            return None;
        }
        let mut colour = ServiceSlot::by_hash(&name).colour;
        while self.taken & 1 << colour != 0 {
            colour = (colour + STEP) % ServiceSlot::COLOURS;
        }
        let round = self.round;
        let slot = ServiceSlot { colour, round };
        self.insert(name, slot);
        Some(slot)
    }

    fn insert(&mut self, name: Arc<str>, slot: ServiceSlot) {
        if slot.round > self.round {
            (self.round, self.taken) = (slot.round, 0);
        }
        if slot.round == self.round {
            self.taken |= 1 << (slot.colour % ServiceSlot::COLOURS);
        }
        if self.taken == ALL_TAKEN {
            (self.round, self.taken) = (self.round + 1, 0);
        }
        self.slots.insert(name, slot);
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }
}

/// The Fowler-Noll-Vo hash, variant 1a, of 32 bits.
fn fnv_1a_32(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, &byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn take(slots: &mut ServiceSlots, name: &str) -> (u8, u16) {
        let slot = slots.take(name.into()).unwrap();
        (slot.colour, slot.round)
    }

    #[test]
    fn the_hash_is_the_published_one() {
        // From the authors' test vectors.
        assert_eq!(fnv_1a_32(b""), 0x811c_9dc5);
        assert_eq!(fnv_1a_32(b"a"), 0xe40c_292c);
        assert_eq!(fnv_1a_32(b"foobar"), 0xbf9c_f968);
    }

    #[test]
    fn a_taken_colour_is_stepped_over() {
        // 0xe40c292c % 20 = 0.
        let same = (0..).map(|n| format!("s{n}"));
        let same: Vec<String> = same
            .filter(|name| ServiceSlot::by_hash(name).colour == 0)
            .take(3)
            .collect();
        let mut slots = ServiceSlots::default();
        assert_eq!(take(&mut slots, "a"), (0, 0));
        assert_eq!(take(&mut slots, &same[0]), (7, 0));
        assert_eq!(take(&mut slots, &same[1]), (14, 0));
        assert_eq!(take(&mut slots, &same[2]), (1, 0));
        assert_eq!(slots.take("a".into()), None, "it has one");
        assert_eq!(slots.slot("a"), ServiceSlot::by_hash("a"));
        assert_eq!(slots.slot(&same[2]).colour, 1);
    }

    #[test]
    fn each_round_gives_every_colour_once() {
        let mut slots = ServiceSlots::default();
        let mut seen = std::collections::HashSet::new();
        for n in 0..3 * 20u16 {
            let slot = slots.take(format!("service-{n}").into()).unwrap();
            assert_eq!(slot.round, n / 20);
            assert!(seen.insert(slot), "{slot:?} is given twice");
        }
        assert_eq!(seen.len(), 60);
    }

    #[test]
    fn what_takes_no_slot_has_the_colour_of_its_hash() {
        let mut slots = ServiceSlots::default();
        let long = "x".repeat(SERVICE_NAME_BYTES_MAX + 1);
        for name in ["", &long] {
            assert_eq!(slots.take(name.into()), None);
            assert_eq!(slots.slot(name), ServiceSlot::by_hash(name));
        }
        assert_eq!(slots.len(), 0);
    }

    #[test]
    fn no_more_than_the_limit_are_kept() {
        let mut slots = ServiceSlots::default();
        for n in 0..SERVICES_MAX {
            assert!(slots.take(n.to_string().into()).is_some());
        }
        assert!(slots.is_full());
        assert_eq!(slots.take("one more".into()), None);
        assert_eq!(slots.slot("one more"), ServiceSlot::by_hash("one more"));
        assert_eq!(slots.len(), SERVICES_MAX);
    }
}
