//! What was found for the values of a dictionary column, kept from batch to batch.
//!
//! The record batches of a segment share their dictionaries: what a resource holds has to be looked up
//! once per segment, not once per batch of a thousand rows. Batches of several segments come in turns, as
//! many as the scan has partitions, so the dictionaries seen last are remembered, as long as little was
//! found for them. One is known again by where its values lie in memory; a clone keeps them there, so that
//! no other can take the place.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, GenericByteArray};
use arrow::datatypes::ByteArrayType;

use crate::QueryError;
use crate::limits::{DICTIONARIES_REMEMBERED, REMEMBERED_MAX};

/// What was found for the values of the dictionaries seen last, that seen last at the end.
#[derive(Debug)]
pub(crate) struct Remembered<T>(Vec<Answers<T>>);

/// One answer for each value of one dictionary, each found when it is first asked for.
#[derive(Debug)]
pub(crate) struct Answers<T> {
    identity: Identity,
    _kept: ArrayRef,
    found: Vec<Option<T>>,
    /// Values, and what was found for them.
    weight: usize,
}

/// Where the bytes and the offsets of the values lie, and how many there are.
type Identity = (usize, usize, usize);

/// How much an answer holds beside itself.
pub(crate) trait Weigh {
    /// In things of a few bytes.
    fn weight(&self) -> usize;
}

/// The values that some rows have in common, for counting these rows.
#[derive(Debug)]
pub(crate) enum Found {
    One(u32),
    Several(Box<[u32]>),
}

impl Found {
    /// Places in [`super::distinct::Distinct`], ascending, each once.
    pub(crate) fn slots(&self) -> &[u32] {
        match self {
            Found::One(slot) => std::slice::from_ref(slot),
            Found::Several(slots) => slots,
        }
    }
}

impl<T> Default for Remembered<T> {
    fn default() -> Self {
        Remembered(Vec::new())
    }
}

impl<T: Weigh> Remembered<T> {
    /// The answers for `values`.
    pub(crate) fn of<B: ByteArrayType>(&mut self, values: &GenericByteArray<B>) -> &mut Answers<T> {
        let identity = (
            values.value_data().as_ptr() as usize,
            values.value_offsets().as_ptr() as usize,
            values.len(),
        );
        let known = self.0.iter().position(|known| known.identity == identity);
        let answers = match known {
            Some(at) => self.0.remove(at),
            None => Answers::new(identity, values),
        };
        self.forget(answers.weight);
        self.0.push(answers);
        let last = self.0.len() - 1;
        &mut self.0[last]
    }

    /// Makes room beside one that is needed now, however large that is.
    fn forget(&mut self, needed: usize) {
        let weight = |all: &[Answers<T>]| all.iter().map(|one| one.weight).sum::<usize>();
        while self.0.len() >= DICTIONARIES_REMEMBERED
            || (!self.0.is_empty() && weight(&self.0) + needed > REMEMBERED_MAX)
        {
            self.0.remove(0);
        }
    }
}

impl<T: Weigh> Answers<T> {
    fn new<B: ByteArrayType>(identity: Identity, values: &GenericByteArray<B>) -> Self {
        let mut found = Vec::new();
        found.resize_with(values.len(), || None);
        Answers {
            identity,
            _kept: Arc::new(values.clone()),
            found,
            weight: values.len(),
        }
    }

    /// The answer for the value at `key`.
    pub(crate) fn get(
        &mut self,
        key: usize,
        find: impl FnOnce() -> Result<T, QueryError>,
    ) -> Result<&T, QueryError> {
        let place = &mut self.found[key];
        if place.is_none() {
            let found = find()?;
            self.weight += found.weight();
            *place = Some(found);
        }
        place
            .as_ref()
            .ok_or_else(|| QueryError::Internal("an answer that was found is gone".into()))
    }
}

impl Weigh for Found {
    fn weight(&self) -> usize {
        match self {
            Found::One(_) => 0,
            Found::Several(slots) => slots.len(),
        }
    }
}

impl Weigh for bool {
    fn weight(&self) -> usize {
        0
    }
}

impl Weigh for usize {
    fn weight(&self) -> usize {
        0
    }
}

impl<T> Weigh for Box<[T]> {
    fn weight(&self) -> usize {
        self.len()
    }
}

impl<T: Weigh> Weigh for Option<T> {
    fn weight(&self) -> usize {
        self.as_ref().map_or(0, Weigh::weight)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use arrow::array::StringArray;

    use super::*;

    fn dictionary(values: usize) -> StringArray {
        (0..values).map(|n| Some(n.to_string())).collect()
    }

    /// How often something was found for the first value of each, asked in turns.
    fn found(dictionaries: &[StringArray], weight: usize, turns: usize) -> usize {
        let mut remembered = Remembered::<Box<[u8]>>::default();
        let mut found = 0;
        for _ in 0..turns {
            for dictionary in dictionaries {
                let answers = remembered.of(dictionary);
                let answer = answers.get(0, || {
                    found += 1;
                    Ok(vec![0; weight].into())
                });
                assert_eq!(answer.unwrap().len(), weight);
            }
        }
        found
    }

    #[test]
    fn a_dictionary_is_known_again_and_no_other_taken_for_it() {
        let equal: Vec<_> = (0..DICTIONARIES_REMEMBERED)
            .map(|_| dictionary(3))
            .collect();
        assert_eq!(found(&equal, 1, 5), equal.len());
        let clones = [equal[0].clone(), equal[0].clone()];
        assert_eq!(found(&clones, 1, 5), 1);
        let parts = [
            equal[0].slice(0, 1),
            equal[0].slice(0, 2),
            equal[0].slice(1, 2),
        ];
        assert_eq!(found(&parts, 1, 5), 3);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let many: Vec<_> = (0..=DICTIONARIES_REMEMBERED)
            .map(|_| dictionary(3))
            .collect();
        assert_eq!(found(&many, 0, 3), 3 * many.len());
        let large: Vec<_> = (0..2).map(|_| dictionary(REMEMBERED_MAX)).collect();
        assert_eq!(found(&large, 0, 3), 6);
        assert_eq!(found(&large[..1], 0, 3), 1);
        assert_eq!(found(&many[..2], REMEMBERED_MAX, 3), 6);
    }
}
