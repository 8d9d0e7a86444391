//! `/api/v1/logs/patterns/{id}/slots`: the values of a pattern's variables.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use clearspan_query::{PatternId, Slot, SlotsAnswer, SlotsRequest};
use serde::Serialize;

use super::counted::counted;
use crate::answer::{self, CountEnd, made};
use crate::error::ApiError;
use crate::limits::SLOT_VALUES_LIMIT_DEFAULT;
use crate::params::{Params, bad};
use crate::state::Api;

const PARAMETERS: [&str; 4] = ["q", "from", "to", "limit"];

#[derive(Serialize)]
struct SlotsView {
    template: Option<String>,
    slots: Vec<SlotView>,
    matched: u64,
    #[serde(flatten)]
    end: CountEnd,
}

#[derive(Serialize)]
struct SlotView {
    values: Vec<ValueView>,
    distinct: u64,
    #[serde(skip_serializing_if = "is_none")]
    left_out: u64,
}

#[derive(Serialize)]
struct ValueView {
    value: String,
    count: u64,
}

fn is_none(left_out: &u64) -> bool {
    *left_out == 0
}

pub(crate) async fn slots(
    State(api): State<Api>,
    id: Result<Path<String>, PathRejection>,
    params: Params,
) -> Result<Response, ApiError> {
    let timer = api.timer();
    let request = SlotsRequest {
        id: pattern_id(id)?,
        rows: counted(&params)?,
        limit: params.limit(SLOT_VALUES_LIMIT_DEFAULT)?,
    };
    let answer = api.engine()?.slots(&api.tenant(), request).await?;
    let elapsed_ms = timer.elapsed_ms();
    made(move || {
        let hints = params.hints(&PARAMETERS);
        answer::json(&SlotsView::new(answer, elapsed_ms, hints))
    })
    .await
}

/// The id in a path: 16 hexadecimal digits of either case.
fn pattern_id(path: Result<Path<String>, PathRejection>) -> Result<PatternId, ApiError> {
    let Path(text) = path.map_err(|_| ApiError::BadEncoding {
        what: "the path".into(),
    })?;
    let id = PatternId::parse(&text);
    id.ok_or_else(|| {
        bad(
            "bad_id",
            "id",
            &text,
            "a pattern's id of 16 hexadecimal digits",
        )
    })
}

impl SlotsView {
    fn new(answer: SlotsAnswer, elapsed_ms: u64, unknown: Vec<String>) -> Self {
        let most = answer.slots.iter().map(|slot| slot.left_out).max();
        SlotsView {
            template: answer.template,
            slots: answer.slots.into_iter().map(SlotView::from).collect(),
            matched: answer.counted.matched,
            end: CountEnd::new(elapsed_ms, answer.counted, unknown)
                .without(SlotsAnswer::VALUES_MAX, most.unwrap_or(0)),
        }
    }
}

impl From<Slot> for SlotView {
    fn from(slot: Slot) -> Self {
        let values = slot.values.into_iter();
        SlotView {
            values: values
                .map(|one| ValueView {
                    value: one.value,
                    count: one.count,
                })
                .collect(),
            distinct: slot.distinct,
            left_out: slot.left_out,
        }
    }
}
