//! What values the records have, beside the rows: severity, services, services of errors, and the fields that tell most.
//!
//! 1. Which fields there are, says one scan. Of those that enough records have, the ones that most have are counted.
//! 2. A second scan counts their values; a third, at the same time as the first, those of services among errors alone.
//! 3. Of those, the ones that tell most are shown: see `telling.rs`.

use askama::Template;
use axum::response::Response;
use clearspan_query::language::fields::severity_number;
use clearspan_query::{
    FacetsAnswer, FacetsRequest, FieldValues, Signal, ValueCount, ValuesRequest,
};

use super::beside::Beside;
use super::conditions;
use super::message::{Marked, short};
use super::question::{FACET, FACETS, LogsView};
use super::severity::Severity;
use super::telling::{candidates, telling};
use crate::error::ApiError;
use crate::pages::asked::{Asked, Question, page};
use crate::pages::chart::{Svg, ground};
use crate::pages::frame::Here;
use crate::pages::marks::{Mark, Marks};
use crate::pages::text::plain;
use crate::pages::view::Link;
use crate::pages::{clauses, format};
use crate::state::Api;

/// Values of a group, and of one that was asked for alone.
const VALUES: usize = 6;
const VALUES_MORE: usize = 50;

/// Values that are counted for a group: more than it shows, so that no grave severity is missed for being rare.
const VALUES_COUNTED: usize = 16;

/// Fields that are looked at, the most common first.
const FIELDS_MAX: usize = 200;

/// Characters of a value.
const CHARS_MAX: usize = 120;

const SEVERITY: &str = "severity";
const SERVICE: &str = "service.name";
const ERRORS: &str = "(severity:error OR severity:fatal)";

/// `/logs/facets`: all groups.
pub(crate) async fn facets(asked: Asked) -> Response {
    asked.answer(Here::Logs, answer).await
}

async fn answer(question: Question) -> Result<Response, ApiError> {
    let Question {
        api, params, frame, ..
    } = question;
    let view = LogsView::read(&params, frame)?;
    page(&Facets::ask(&api, &view).await?)
}

/// `/logs/facet?field=`: one group with many values.
pub(crate) async fn facet(asked: Asked) -> Response {
    asked.answer(Here::Logs, answer_one).await
}

async fn answer_one(question: Question) -> Result<Response, ApiError> {
    let Question {
        api, params, frame, ..
    } = question;
    let view = LogsView::read(&params, frame)?;
    let field = params.text("field")?.unwrap_or(SERVICE).to_owned();
    page(&more(&api, &view, &field).await?)
}

async fn more(api: &Api, view: &LogsView, field: &str) -> Result<Group, ApiError> {
    let engine = api.engine()?;
    let request = ValuesRequest {
        rows: view.counted(),
        field: field.to_owned(),
        prefix: String::new(),
        limit: VALUES_MORE,
    };
    let answer = engine
        .field_values(&api.tenant(), Signal::Logs, request)
        .await?;
    let writer = Writer::new(view, Marks::read(api)?, answer.counted.matched);
    Ok(writer.group(&answer.values, &Kind::Field, VALUES_MORE))
}

#[derive(Template)]
#[template(path = "logs_facets.html")]
pub(super) struct Facets {
    groups: Vec<Group>,
    /// Some field has too many values to be counted.
    is_refused: bool,
}

/// One field with its values.
#[derive(Template)]
#[template(path = "logs_facet.html")]
struct Group {
    name: Marked,
    note: &'static str,
    distinct: String,
    values: Vec<Counted>,
    more: Option<More>,
}

/// Where the other values are.
struct More {
    count: String,
    part: Link,
    page: Link,
}

struct Counted {
    ground: Svg,
    label: Label,
    title: String,
    count: String,
    include: Link,
    exclude: Link,
    is_included: bool,
}

enum Label {
    Severity(Severity),
    Service(Mark),
    Text(Marked),
}

/// What a group shows of its field.
enum Kind {
    Field,
    Errors,
}

impl Facets {
    pub(super) async fn ask(api: &Api, view: &LogsView) -> Result<Self, ApiError> {
        let engine = api.engine()?.clone();
        let tenant = api.tenant();
        let errors = values_beside(api, view, &clauses::with_clause(view.frame.query(), ERRORS))?;
        let fields = engine
            .fields(&tenant, Signal::Logs, view.counted(), FIELDS_MAX)
            .await?;
        let (answer, is_refused) = counted(api, view, candidates(&fields)).await?;
        let matched = answer.counted.matched;
        let writer = Writer::new(view, Marks::read(api)?, matched);
        let mut groups = Vec::new();
        let mut further = answer.facets;
        for field in further.drain(..further.len().min(2)) {
            groups.push(writer.group(&field, &Kind::Field, VALUES));
        }
        let errors = errors.whole().await?;
        let writer_of_errors = Writer {
            total: errors.counted.matched,
            ..writer.clone()
        };
        groups.push(writer_of_errors.group(&errors.values, &Kind::Errors, VALUES));
        let telling = telling(further, matched);
        groups.extend(
            telling
                .iter()
                .map(|field| writer.group(field, &Kind::Field, VALUES)),
        );
        groups.retain(|group| !group.values.is_empty());
        if view.has("more") {
            let wanted = more(api, view, view.get("more")).await?;
            match groups
                .iter_mut()
                .find(|group| group.name == wanted.name && group.note.is_empty())
            {
                Some(group) => *group = wanted,
                None => groups.push(wanted),
            }
        }
        Ok(Facets { groups, is_refused })
    }
}

/// The services of the records that another query finds.
fn values_beside(
    api: &Api,
    view: &LogsView,
    query: &str,
) -> Result<Beside<clearspan_query::ValuesAnswer>, ApiError> {
    let (engine, tenant) = (api.engine()?.clone(), api.tenant());
    let request = ValuesRequest {
        rows: view.counted_with(query),
        field: SERVICE.to_owned(),
        prefix: String::new(),
        limit: VALUES,
    };
    Ok(Beside::ask(async move {
        engine.field_values(&tenant, Signal::Logs, request).await
    }))
}

/// The values of severity, of services and of `further`. A field that is different in every record can have more values than may
/// be held: then the two alone.
async fn counted(
    api: &Api,
    view: &LogsView,
    further: Vec<String>,
) -> Result<(FacetsAnswer, bool), ApiError> {
    let engine = api.engine()?;
    let two = vec![SEVERITY.to_owned(), SERVICE.to_owned()];
    let request = |fields| FacetsRequest {
        rows: view.counted(),
        fields,
        limit: VALUES_COUNTED,
    };
    let all = [two.clone(), further].concat();
    match engine
        .facets(&api.tenant(), Signal::Logs, request(all))
        .await
    {
        Ok(answer) => Ok((answer, false)),
        Err(clearspan_query::QueryError::MemoryLimit { .. }) => Ok((
            engine
                .facets(&api.tenant(), Signal::Logs, request(two))
                .await?,
            true,
        )),
        Err(error) => Err(error.into()),
    }
}

#[derive(Clone)]
struct Writer<'a> {
    view: &'a LogsView,
    marks: Marks,
    given: Vec<String>,
    total: u64,
}

impl<'a> Writer<'a> {
    fn new(view: &'a LogsView, marks: Marks, total: u64) -> Self {
        Writer {
            view,
            marks,
            given: clauses::split(view.frame.query()),
            total,
        }
    }

    fn group(&self, field: &FieldValues, kind: &Kind, limit: usize) -> Group {
        let values = shown(field, limit);
        let left = field.distinct.saturating_sub(values.len() as u64);
        let is_field = matches!(kind, Kind::Field);
        let view = self.view;
        Group {
            name: short(&field.field, CHARS_MAX),
            note: if is_field { "" } else { "errors" },
            distinct: format::count(field.distinct),
            more: (left > 0 && is_field && limit < VALUES_MORE).then(|| More {
                count: format::count(left),
                part: view
                    .part(FACET)
                    .without(&["cursor", "sel"])
                    .with("field", &field.field)
                    .link(),
                page: view
                    .same()
                    .with("facets", "1")
                    .with("more", &field.field)
                    .link(),
            }),
            values: values
                .into_iter()
                .map(|value| self.value(&field.field, value, kind))
                .collect(),
        }
    }

    fn value(&self, field: &str, counted: &ValueCount, kind: &Kind) -> Counted {
        let text = counted.value.text();
        let clause = counted.value.filter(field, Signal::Logs);
        let query = match kind {
            Kind::Field => self.view.frame.query().to_owned(),
            Kind::Errors => clauses::with_clause(self.view.frame.query(), ERRORS),
        };
        let adding = |clause: &str| self.view.asking(&clauses::with_clause(&query, clause));
        let label = self.label(field, &text);
        let is_error = matches!(kind, Kind::Errors)
            || matches!(&label, Label::Severity(severity) if severity.is_error());
        Counted {
            ground: ground(counted.count, self.total, is_error),
            label,
            title: plain(&text.chars().take(CHARS_MAX).collect::<String>()),
            count: format::count(counted.count),
            is_included: self.given.contains(&clause),
            include: adding(&clause),
            exclude: adding(&conditions::not(&clause)),
        }
    }

    fn label(&self, field: &str, text: &str) -> Label {
        match field {
            SERVICE => Label::Service(self.marks.of(text)),
            SEVERITY => severity_number(text).map_or_else(
                || Label::Text(short(text, CHARS_MAX)),
                |number| Label::Severity(Severity::of(number, text)),
            ),
            _ if text.is_empty() => Label::Text(short("(empty)", CHARS_MAX)),
            _ => Label::Text(short(text, CHARS_MAX)),
        }
    }
}

/// The values that a group shows: those of most rows; of severities all, the gravest first.
fn shown(field: &FieldValues, limit: usize) -> Vec<&ValueCount> {
    let mut values: Vec<&ValueCount> = field.values.iter().collect();
    if field.field == SEVERITY {
        values.sort_by_key(|value| std::cmp::Reverse(severity_number(&value.value.text())));
    } else {
        values.truncate(limit);
    }
    values
}

/// Where all groups can be asked for, and the page that has them.
pub(super) fn links(view: &LogsView) -> (Link, Link) {
    let part = view.part(FACETS).without(&["cursor", "sel"]).link();
    (part, view.same().with("facets", "1").link())
}
