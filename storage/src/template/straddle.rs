//! Whether a pattern may stand across the edge of a variable.

use std::ops::RangeInclusive;

use super::Alphabet;
use super::token::PLACEHOLDER;
use super::verdict::{Edge, Judge};

/// Steps per byte of template and pattern before the answer is "it may". A usual template needs less than one.
const STEPS_PER_BYTE: usize = 16;

/// Steps that are always allowed, so that short texts need no thought.
const STEPS_MIN: usize = 4096;

/// Bytes that are compared in one step.
const COMPARED_PER_STEP: usize = 16;

/// A folded template's static parts. Between two of them is a variable.
#[derive(Debug)]
pub(super) struct Parts<'a> {
    texts: Vec<&'a str>,
    bytes: usize,
    pub(super) alphabet: Alphabet,
}

impl<'a> Parts<'a> {
    pub(super) fn new(folded: &'a str, alphabet: Alphabet) -> Self {
        Self {
            alphabet,
            texts: folded.split(PLACEHOLDER).collect(),
            bytes: folded.len(),
        }
    }

    pub(super) fn variables(&self) -> usize {
        self.texts.len() - 1
    }

    /// The static text before and behind a variable.
    pub(super) fn around(&self, variable: usize) -> (&'a str, &'a str) {
        (self.texts[variable], self.texts[variable + 1])
    }
}

/// The search for a cut of a pattern.
#[derive(Debug)]
pub(super) struct Straddle<'a> {
    judge: &'a Judge,
    parts: &'a Parts<'a>,
    steps_left: usize,
}

/// The pattern from `at` on, at a variable.
#[derive(Debug, Clone, Copy)]
struct Rest {
    at: usize,
    variable: usize,
    /// Whether the variable begins here. Otherwise the pattern begins within it.
    begins: bool,
}

impl<'a> Straddle<'a> {
    pub(super) fn new(judge: &'a Judge, parts: &'a Parts<'a>) -> Self {
        let bytes = parts.bytes + judge.pattern().len();
        Self {
            judge,
            parts,
            steps_left: bytes.saturating_mul(STEPS_PER_BYTE).max(STEPS_MIN),
        }
    }

    /// Whether the pattern may stand across an edge of some variable, which is the first one that it touches.
    pub(super) fn may_stand(mut self) -> bool {
        let pattern = self.judge.pattern();
        // Bytes of the pattern before which static text may end.
        let mut cut_after = [false; 256];
        for pair in pattern.windows(2) {
            cut_after[usize::from(pair[0])] |= self.parts.alphabet.has(pair[1]);
        }
        (0..self.parts.variables()).any(|variable| {
            let (before, _) = self.parts.around(variable);
            let last = before.as_bytes().last();
            let begun_before = last.is_some_and(|last| cut_after[usize::from(*last)]);
            begun_before && self.stands_from_text_before(variable)
                || self.goes_on(Rest {
                    at: 0,
                    variable,
                    begins: false,
                })
        })
    }

    /// Whether the pattern may begin in the static text before the variable.
    fn stands_from_text_before(&mut self, variable: usize) -> bool {
        let pattern = self.judge.pattern();
        let (before, _) = self.parts.around(variable);
        (1..pattern.len()).any(|at| {
            if self.step(1 + at / COMPARED_PER_STEP).is_none() {
                return true;
            }
            if !self.parts.alphabet.has(pattern[at]) || !before.as_bytes().ends_with(&pattern[..at])
            {
                return false;
            }
            // Where the static text is used up, the neighbour is a variable or nothing.
            let rest = Rest {
                at,
                variable,
                begins: true,
            };
            let start = &before[..before.len() - at];
            self.is_free(start, "") && self.goes_on(rest)
        })
    }

    /// Whether the rest of the pattern fits what begins with the variable, leaving the variable if the pattern began in it.
    fn goes_on(&mut self, rest: Rest) -> bool {
        let mut open = vec![rest];
        while let Some(rest) = open.pop() {
            // Too many steps: it may.
            if self.fits(rest, &mut open).unwrap_or(true) {
                return true;
            }
        }
        false
    }

    /// Tries each end that the variable may have. Says whether the pattern fits with one, and pushes what is left of it behind further
    /// static text to `open`. `None` when there were too many steps.
    fn fits(&mut self, rest: Rest, open: &mut Vec<Rest>) -> Option<bool> {
        let pattern = &self.judge.pattern()[rest.at..];
        let run = pattern
            .iter()
            .position(|byte| !self.parts.alphabet.has(*byte));
        let run = run.unwrap_or(pattern.len());
        self.step(1 + run / COMPARED_PER_STEP)?;
        if run == pattern.len() && rest.begins {
            return Some(true);
        }
        let (_, behind) = self.parts.around(rest.variable);
        let next = rest.variable + 1;
        for end in self.ends(&pattern[..run], rest) {
            let left = &pattern[end..];
            self.step(1 + left.len().min(behind.len()) / COMPARED_PER_STEP)?;
            if left.is_empty() {
                // The pattern stands within the variable.
            } else if left.len() <= behind.len() {
                let fits = behind.as_bytes().starts_with(left);
                if fits && self.is_free("", &behind[left.len()..]) {
                    return Some(true);
                }
            } else if next < self.parts.variables() && left.starts_with(behind.as_bytes()) {
                open.push(Rest {
                    at: rest.at + end + behind.len(),
                    variable: next,
                    begins: true,
                });
            }
        }
        Some(false)
    }

    /// Where in a run of characters of tokens the variable may end.
    fn ends(&self, run: &[u8], rest: Rest) -> RangeInclusive<usize> {
        let digit = run.iter().position(u8::is_ascii_digit);
        let first = match (rest.begins, digit) {
            (false, _) => 1,
            (true, Some(digit)) => digit + 1,
            (true, None) => run.len() + 1,
        };
        // Static text goes on with the next character of the pattern, and usually with none of a token.
        let (_, behind) = self.parts.around(rest.variable);
        match behind.bytes().next() {
            Some(next) if !self.parts.alphabet.has(next) => first.max(run.len())..=run.len(),
            _ => first..=run.len(),
        }
    }

    /// Whether the pattern's ends may be free next to these texts.
    fn is_free(&self, before: &str, behind: &str) -> bool {
        self.judge.edge(before, behind, self.parts.alphabet) != Edge::Taken
    }

    fn step(&mut self, steps: usize) -> Option<()> {
        self.steps_left = self.steps_left.checked_sub(steps)?;
        Some(())
    }
}
