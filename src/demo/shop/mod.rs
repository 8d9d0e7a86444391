//! A simulated shop. Its life is cut into *slices* of time, and each slice is a pure function of the seed, the rate and the
//! slice's number: no slice needs to know another.
//!
//! Words: a *journey* is something that visitors do; a *story* is one trace while it is told; an *act* is one service at work
//! on one request in it; a *copy* is one running instance of a service.
//!
//! | file | holds |
//! |---|---|
//! | `mod` | the slices |
//! | `journeys` | what visitors do, and how often: new journeys go here |
//! | `services/` | the services and their endpoints, one file each: new services go here |
//! | `act`, `calls`, `peers` | what a service can do: let time pass, log, call others, ask databases, caches, queues |
//! | `story` | a trace while it is told |
//! | `failure` | what can go wrong with a request |
//! | `languages` | how telemetry tells the language of a service |
//! | `fleet` | the running copies, with their resources and clocks |
//! | `people` | visitors and products |
//! | `background` | log lines without a request |

mod act;
mod background;
mod calls;
mod failure;
mod fleet;
mod journeys;
mod languages;
mod peers;
mod people;
mod services;
mod story;
#[cfg(test)]
mod tests;

use std::f64::consts::TAU;
use std::sync::Arc;

use super::incidents::Incidents;
use super::random::{Random, mix};
use super::telemetry::Records;
use fleet::Fleet;
use journeys::Journey;
use services::{auth, checkout, notification, reporting};
use story::{Message, Story, World};

/// The length of a slice.
pub(crate) const SLICE_NS: u64 = 5_000_000_000;

/// From the last message of a slice to the batch that reads them.
const BATCH_LAG_NS: u64 = 400_000_000;

/// Slices between two runs of what timers start.
const SESSIONS_EVERY: u64 = 12;
const REPORT_EVERY: u64 = 36;

/// Traffic rises and falls by this share, once in so many seconds.
const WAVE_HEIGHT: f64 = 0.3;
const WAVE_S: f64 = 437.0;

/// What the randomness of a piece is for, so that no two pieces share it.
#[derive(Debug, Clone, Copy)]
enum Piece {
    Arrivals,
    Visit,
    Emails,
    Sessions,
    Report,
    Background,
}

/// Tells a story that begins at a moment, in nanoseconds since 1970.
type Tell = fn(&mut Story, u64);

/// How many services there are.
pub(crate) const SERVICES: usize = services::ALL.len();

/// The shop of one seed.
#[derive(Debug, Clone)]
pub(crate) struct Shop {
    seed: u64,
    visits_per_s: f64,
    world: Arc<World>,
}

impl Shop {
    pub(crate) fn new(seed: u64, visits_per_s: f64) -> Self {
        let world = World {
            incidents: Incidents::new(seed),
            fleet: Fleet::new(seed),
        };
        Self {
            seed,
            visits_per_s,
            world: Arc::new(world),
        }
    }

    /// Everything that begins in slice `number` since 1970, to its end, which may lie in a later slice.
    ///
    /// 1. Visitors come independently of each other; each makes one journey.
    /// 2. The e-mails that their orders ask for are written together, when the slice is over.
    /// 3. Timers and processes have things of their own to tell.
    pub(crate) fn slice(&self, number: u64) -> Records {
        let (start_ns, end_ns) = (number * SLICE_NS, (number + 1) * SLICE_NS);
        let mut records = Records::default();
        let mut emails: Vec<Message> = Vec::new();
        for (visit, at_ns) in self.arrivals(number).into_iter().enumerate() {
            let mut random = self.random(Piece::Visit, &[number, visit as u64]);
            let tell = choose(&mut random).tell;
            let mut story = Story::new(&self.world, random);
            tell(&mut story, at_ns);
            let messages = story.messages().into_iter();
            emails.extend(messages.filter(|message| message.topic == checkout::EMAILS_TOPIC));
            records.append(story.into_records());
        }
        self.write_emails(&mut records, number, &emails);
        self.run_timers(&mut records, number, start_ns);
        let random = self.random(Piece::Background, &[number]);
        let lines = background::tell(&self.world, &(start_ns..end_ns), random);
        records.logs.extend(lines);
        records
    }

    /// The journey of one visitor who comes at this moment, in nanoseconds since 1970.
    pub(crate) fn visit(&self, at_ns: u64) -> Records {
        let mut random = self.random(Piece::Visit, &[at_ns]);
        let tell = choose(&mut random).tell;
        let mut story = Story::new(&self.world, random);
        tell(&mut story, at_ns);
        story.into_records()
    }

    /// When visitors come.
    fn arrivals(&self, number: u64) -> Vec<u64> {
        let mut random = self.random(Piece::Arrivals, &[number]);
        let (mut at_ns, end_ns) = (number * SLICE_NS, (number + 1) * SLICE_NS);
        let wave = 1.0 + WAVE_HEIGHT * (TAU * (at_ns as f64 / 1e9) / WAVE_S).sin();
        let mean_s = 1.0 / (self.visits_per_s * wave);
        let mut arrivals = Vec::new();
        loop {
            at_ns += (random.exponential(mean_s) * 1e9) as u64;
            if at_ns >= end_ns {
                return arrivals;
            }
            arrivals.push(at_ns);
        }
    }

    fn write_emails(&self, records: &mut Records, number: u64, emails: &[Message]) {
        let Some(last_ns) = emails.iter().map(|message| message.sent_ns).max() else {
            return;
        };
        let start_ns = last_ns.max((number + 1) * SLICE_NS) + BATCH_LAG_NS;
        let random = self.random(Piece::Emails, &[number]);
        let mut story = Story::new(&self.world, random);
        notification::write_all(&mut story, emails, start_ns);
        records.append(story.into_records());
    }

    fn run_timers(&self, records: &mut Records, number: u64, start_ns: u64) {
        let timers: [(Piece, u64, Tell); 2] = [
            (Piece::Sessions, SESSIONS_EVERY, auth::remove_old_sessions),
            (Piece::Report, REPORT_EVERY, reporting::sales),
        ];
        for (piece, every, tell) in timers {
            // Not all at the same moment.
            let phase = mix(&[self.seed, piece as u64]) % every;
            if (number + phase).is_multiple_of(every) {
                let mut story = Story::new(&self.world, self.random(piece, &[number]));
                tell(&mut story, start_ns);
                records.append(story.into_records());
            }
        }
    }

    fn random(&self, piece: Piece, numbers: &[u64]) -> Random {
        let mut name = vec![self.seed, piece as u64];
        name.extend(numbers);
        Random::of(&name)
    }
}

/// One of the journeys, by their weights.
fn choose(random: &mut Random) -> &'static Journey {
    let all = &journeys::ALL;
    let total: u32 = all.iter().map(|journey| journey.weight).sum();
    let mut left = random.between(0, u64::from(total) - 1);
    for journey in all {
        match left.checked_sub(journey.weight.into()) {
            Some(rest) => left = rest,
            None => return journey,
        }
    }
    &all[0]
}
