//! `clearspan import`: sends OTLP files to a running server over OTLP/HTTP.
//!
//! | file | holds |
//! |---|---|
//! | `request` | from one line or frame to the requests that carry it |
//! | `shift` | the distance of `--shift-to-now` |
//! | `sender` | requests in flight, what became of them, giving up |
//! | `totals` | the count that the last line prints |

mod request;
mod sender;
mod shift;
mod totals;

use std::process::ExitCode;
use std::sync::Arc;

use clearspan_proto::otlp::WireSignal;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::sync::mpsc;

use crate::cli::ImportArgs;
use crate::client::BaseUrl;
use crate::otlp_files::{self, Input, Item, Place};
use crate::output;
use request::Request;
use sender::Sender;
use shift::Shift;
use totals::Totals;

/// What the reading half hands to the sending half.
enum Read {
    /// To be sent.
    Request(Request),
    /// A line, a frame or the rest of a file that cannot be sent.
    Fault(Place, String),
}

/// Imports all files and prints `sent N accepted N rejected N`.
///
/// 1. Every input is opened, so that a wrong name is told before anything is sent.
/// 2. With `--shift-to-now` a first pass looks for the newest record.
/// 3. A thread reads and cuts; its requests pass a bounded channel to the sender. An input that cannot be read to its end
///    does not hold up the others.
pub(crate) fn run(args: &ImportArgs) -> anyhow::Result<ExitCode> {
    let to = BaseUrl::parse(&args.to)?;
    let inputs = match otlp_files::open_all(&args.files, args.shift_to_now) {
        Ok(inputs) => inputs,
        Err(error) => {
            output::error(&format!("{error:#}; nothing was sent"));
            output::line(&Totals::default().to_string());
            return Ok(ExitCode::FAILURE);
        }
    };
    let signal = args.signal.map(WireSignal::from);
    let shift = if args.shift_to_now {
        Shift::newest_to_now(&inputs, signal)
    } else {
        Shift::none()
    };

    let connections = usize::from(args.connections);
    let progress = progress_bar(&inputs);
    let sender = Arc::new(Sender::new(
        &to,
        connections,
        args.give_up_after,
        progress.clone(),
    )?);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let totals = runtime.block_on(async {
        let (queue, requests) = mpsc::channel(connections);
        let reader = Arc::clone(&sender);
        let reading = tokio::task::spawn_blocking(move || {
            let options = Options {
                shift,
                signal,
                progress,
            };
            read_all(inputs, &options, |read| {
                !reader.gave_up() && queue.blocking_send(read).is_ok()
            });
        });
        let totals = sender.send_all(requests).await;
        reading.await.map(|()| totals)
    })?;
    output::line(&totals.to_string());
    Ok(if totals.all_accepted() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// How inputs are read.
struct Options {
    shift: Shift,
    signal: Option<WireSignal>,
    progress: ProgressBar,
}

/// Hands everything in the inputs to `sink`, until it says that no more is wanted.
fn read_all(inputs: Vec<Input>, options: &Options, mut sink: impl FnMut(Read) -> bool) {
    for input in inputs {
        if !read_one(input, options, &mut sink) {
            return;
        }
    }
}

fn read_one(input: Input, options: &Options, sink: &mut impl FnMut(Read) -> bool) -> bool {
    let name = input.name.clone();
    let mut items = match input.items(&options.progress) {
        Ok(items) => items,
        Err(error) => {
            return sink(Read::Fault(
                Place::whole(&name),
                format!("cannot be read: {error}"),
            ));
        }
    };
    let mut number = 0;
    loop {
        number += 1;
        let place = Place::new(&name, number);
        let going_on = match items.next() {
            Ok(None) => return true,
            Ok(Some(Item::Blank)) => true,
            Ok(Some(Item::Bad(reason))) => sink(Read::Fault(place, reason)),
            Ok(Some(Item::Payload(payload))) => {
                match payload.into_requests(&place, options.signal, options.shift) {
                    Ok(requests) => requests
                        .into_iter()
                        .all(|request| sink(Read::Request(request))),
                    Err(reason) => sink(Read::Fault(place, reason)),
                }
            }
            // What follows cannot be told apart any more.
            Err(error) => {
                return sink(Read::Fault(
                    place,
                    format!("cannot be read further: {error}"),
                ));
            }
        };
        if !going_on {
            return false;
        }
    }
}

/// On stderr, and only where that is a terminal. Its measure is the bytes of the files as they lie on disk.
fn progress_bar(inputs: &[Input]) -> ProgressBar {
    let bytes: Option<u64> = inputs.iter().map(|input| input.bytes).sum();
    let template = match bytes {
        Some(_) => "{wide_bar} {bytes}/{total_bytes} {msg} {elapsed}",
        None => "{spinner} {bytes} {msg} {elapsed}",
    };
    let bar = ProgressBar::with_draw_target(bytes, ProgressDrawTarget::stderr());
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
