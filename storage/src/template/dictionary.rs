//! Which templates a segment keeps.
//!
//! While rows come in, each different template is a *candidate* with a number and a count of rows. At the end those with the most rows
//! are kept; rows of the others stay plain.
//!
//! Bodies come from senders, so templates may be as many as rows. When there are too many candidates, the half with the most rows stays and
//! the rest is forgotten, their rows become plain. So a sender whose every body has another template crowds out no
//! template that goes on coming back, memory stays bounded, and a row costs the same time on average however many there are.

use std::hash::{BuildHasher, RandomState};

use foldhash::HashMap;
use twox_hash::XxHash3_64;

use super::{Alphabet, Split, TemplateText};
use crate::limits::{
    TEMPLATE_CANDIDATE_BYTES_MAX, TEMPLATE_CANDIDATES_MAX, TEMPLATE_DICTIONARY_BYTES_MAX,
    TEMPLATE_ROWS_MIN, TEMPLATES_MAX,
};

/// The number of a template in its [`TemplateBuilder`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Candidate(u32);

/// How many candidates a [`TemplateBuilder`] holds at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CandidateLimits {
    /// Different templates.
    pub candidates_max: usize,
    /// Bytes of their texts.
    pub bytes_max: usize,
}

impl Default for CandidateLimits {
    fn default() -> Self {
        Self {
            candidates_max: TEMPLATE_CANDIDATES_MAX,
            bytes_max: TEMPLATE_CANDIDATE_BYTES_MAX,
        }
    }
}

/// Which candidates become templates of the dictionary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// Rows that a template needs.
    pub rows_min: u32,
    /// Templates in the dictionary.
    pub templates_max: usize,
    /// Bytes of their texts.
    pub bytes_max: usize,
}

impl Default for Keep {
    fn default() -> Self {
        Self {
            rows_min: TEMPLATE_ROWS_MIN,
            templates_max: TEMPLATES_MAX,
            bytes_max: TEMPLATE_DICTIONARY_BYTES_MAX,
        }
    }
}

/// Gathers the templates of rows and counts their rows.
#[derive(Debug)]
pub struct TemplateBuilder {
    limits: CandidateLimits,
    /// Templates come from senders, who must not be able to choose what collides: another seed in every builder.
    seed: u64,
    /// The place in `live` by the hash of the text. A template whose hash another one has is as if it were rare: by chance that happens to
    /// one in a billion segments, and on purpose it harms only who does it.
    places: HashMap<u64, usize>,
    /// Candidates in the order of their numbers.
    live: Vec<Live>,
    /// Their texts, one behind the other.
    text: String,
    /// How many numbers were given.
    numbers: u32,
}

#[derive(Debug)]
struct Live {
    hash: u64,
    number: u32,
    rows: u32,
    alphabet: Alphabet,
    start: usize,
    end: usize,
}

impl Live {
    fn bytes(&self) -> usize {
        self.end - self.start
    }
}

impl TemplateBuilder {
    /// A builder without candidates.
    pub fn new(limits: CandidateLimits) -> Self {
        Self {
            limits,
            seed: RandomState::new().hash_one(0),
            places: HashMap::default(),
            live: Vec::new(),
            text: String::new(),
            numbers: 0,
        }
    }

    /// Counts a row. `None` when it stays plain whatever follows.
    pub fn add(&mut self, row: Split<'_>) -> Option<Candidate> {
        self.add_rows(row.template, 1, Alphabet::of(row.variables))
    }

    /// Counts rows that share a template, as another segment counted them.
    pub fn add_rows(&mut self, template: &str, rows: u32, alphabet: Alphabet) -> Option<Candidate> {
        let hash = XxHash3_64::oneshot_with_seed(self.seed, template.as_bytes());
        if let Some(place) = self.places.get(&hash) {
            let known = &mut self.live[*place];
            let same = &self.text[known.start..known.end] == template;
            if !same {
                return None;
            }
            known.rows = known.rows.saturating_add(rows);
            known.alphabet = known.alphabet.union(alphabet);
            return Some(Candidate(known.number));
        }
        // Half of the bytes are free after candidates were forgotten.
        if template.len() > self.limits.bytes_max / 2 || self.numbers == u32::MAX {
            return None;
        }
        if self.live.len() >= self.limits.candidates_max.max(1)
            || self.text.len() + template.len() > self.limits.bytes_max
        {
            self.forget_rare();
        }
        let (number, start) = (self.numbers, self.text.len());
        self.numbers += 1;
        self.text.push_str(template);
        self.places.insert(hash, self.live.len());
        self.live.push(Live {
            hash,
            number,
            rows,
            alphabet,
            start,
            end: self.text.len(),
        });
        Some(Candidate(number))
    }

    /// Keeps half of the candidates, and of their bytes: those with the most rows, and among equals the later ones, which had less time
    /// to come back.
    fn forget_rare(&mut self) {
        let mut order: Vec<usize> = (0..self.live.len()).collect();
        order.sort_unstable_by_key(|place| {
            let live = &self.live[*place];
            std::cmp::Reverse((live.rows, live.number))
        });
        let half = (self.limits.candidates_max / 2, self.limits.bytes_max / 2);
        let mut kept = self.first_that_fit(&order, half.0, half.1);
        kept.sort_unstable();

        let old = std::mem::take(&mut self.text);
        let mut live = Vec::with_capacity(kept.len());
        self.places.clear();
        for place in kept {
            let Live {
                start, end, hash, ..
            } = self.live[place];
            let begins = self.text.len();
            self.text.push_str(&old[start..end]);
            self.places.insert(hash, live.len());
            live.push(Live {
                start: begins,
                end: self.text.len(),
                ..self.live[place]
            });
        }
        self.live = live;
    }

    /// Of the candidates in this order, those that fit next to the ones before them.
    fn first_that_fit(&self, order: &[usize], max: usize, bytes_max: usize) -> Vec<usize> {
        let mut bytes = 0;
        let fit = order.iter().copied().filter(|place| {
            let with = bytes + self.live[*place].bytes();
            let fits = with <= bytes_max;
            if fits {
                bytes = with;
            }
            fits
        });
        fit.take(max).collect()
    }

    /// Makes the dictionary: of the candidates with enough rows, those with the most (among equals the first seen), as far as they fit. Equal
    /// rows in equal order give an equal dictionary.
    pub fn finish(self, keep: Keep) -> TemplateDictionary {
        let mut order: Vec<usize> = (0..self.live.len())
            .filter(|place| self.live[*place].rows >= keep.rows_min)
            .collect();
        order.sort_unstable_by_key(|place| {
            let live = &self.live[*place];
            (std::cmp::Reverse(live.rows), live.number)
        });
        let kept = self.first_that_fit(&order, keep.templates_max, keep.bytes_max);
        let mut dictionary = TemplateDictionary {
            texts: Vec::with_capacity(kept.len()),
            rows: Vec::with_capacity(kept.len()),
            alphabets: Vec::with_capacity(kept.len()),
            ids: vec![None; self.numbers as usize],
        };
        for (id, place) in (0..).zip(kept) {
            let live = &self.live[place];
            dictionary.push(&self.text[live.start..live.end], live.rows, live.alphabet);
            dictionary.ids[live.number as usize] = Some(id);
        }
        dictionary
    }

    /// Bytes held on the heap, about.
    pub fn heap_bytes(&self) -> usize {
        self.text.capacity()
            + self.live.capacity() * size_of::<Live>()
            + self.places.capacity() * (size_of::<(u64, usize)>() + 1)
    }
}

/// The templates that a segment keeps, numbered from 0 by falling count of rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TemplateDictionary {
    texts: Vec<TemplateText>,
    rows: Vec<u32>,
    alphabets: Vec<Alphabet>,
    /// By the number of the candidate.
    ids: Vec<Option<u32>>,
}

impl TemplateDictionary {
    /// Gives the next id to a stored template.
    pub fn push(&mut self, template: &str, rows: u32, alphabet: Alphabet) {
        self.push_text(TemplateText::new(template), rows, alphabet);
    }

    /// Gives the next id to a template whose text is at hand.
    pub(crate) fn push_text(&mut self, text: TemplateText, rows: u32, alphabet: Alphabet) {
        self.texts.push(text);
        self.rows.push(rows);
        self.alphabets.push(alphabet);
    }

    /// How many templates there are.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Bytes held on the heap, without texts that a store counts.
    pub fn heap_bytes(&self) -> usize {
        self.texts
            .iter()
            .map(TemplateText::own_bytes)
            .sum::<usize>()
            + self.texts.capacity() * size_of::<TemplateText>()
            + self.rows.capacity() * size_of::<u32>()
            + self.alphabets.capacity() * size_of::<Alphabet>()
            + self.ids.capacity() * size_of::<Option<u32>>()
    }

    /// Whether there is no template.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// Bytes of all texts.
    pub fn text_bytes(&self) -> usize {
        self.templates().map(str::len).sum()
    }

    /// The id of a row's template; `None` when the row stays plain.
    pub fn id(&self, candidate: Candidate) -> Option<u32> {
        *self.ids.get(candidate.0 as usize)?
    }

    /// The template with this id.
    pub fn template(&self, id: u32) -> Option<&str> {
        self.texts.get(id as usize).map(|text| &**text)
    }

    /// All templates, in the order of their ids.
    pub fn templates(&self) -> impl Iterator<Item = &str> {
        self.texts.iter().map(|text| &**text)
    }

    /// Their texts, in the order of their ids.
    pub(crate) fn texts(&self) -> &[TemplateText] {
        &self.texts
    }

    /// How many of the added rows have the template with this id.
    pub fn rows(&self, id: u32) -> Option<u32> {
        self.rows.get(id as usize).copied()
    }

    /// The characters in the variables of the rows with this template.
    pub fn alphabet(&self, id: u32) -> Option<Alphabet> {
        self.alphabets.get(id as usize).copied()
    }
}
