//! The bounds of one SQL query, each with its reason. Rows, time and memory are settings: see
//! [`crate::Config`].

/// Bytes of a query. A pasted list of a thousand trace ids takes 36 KB.
pub(crate) const SQL_BYTES_MAX: usize = 64 * 1024;

/// Words and signs of a query. Each costs the parser and the planner some kilobytes.
pub(crate) const TOKENS_MAX: usize = 20_000;

/// Brackets inside each other: more than anybody writes, fewer than any stack minds.
pub(crate) const BRACKETS_DEPTH_MAX: usize = 100;

/// Subscripts on subscripts, and types inside types, in the whole query.
pub(crate) const CHAINED_MAX: usize = 200;

/// How deep the parser may recurse. Its frames are the largest of all, some kilobytes each.
pub(crate) const PARSER_RECURSION_MAX: usize = 100;

/// How deep operators may hang on each other: `a OR b OR c` is a chain. Planning walks such a chain many
/// times, and [`STACK_BYTES`] holds several thousand frames of its largest walk.
pub(crate) const EXPRESSION_DEPTH_MAX: usize = 500;

/// SELECTs of one query, subqueries and parts of a UNION included.
pub(crate) const SELECTS_MAX: usize = 100;

/// Tables that FROM and JOIN name, those of a WITH wherever it is used. Each may be scanned; thirty of WITH, each
/// using the one before twice, would be a thousand million.
pub(crate) const TABLES_MAX: u64 = 100;

/// Steps of the whole plan once every WITH stands wherever it is used. Thirty that each use the one before
/// twice would be a thousand million.
pub(crate) const PLAN_NODES_MAX: usize = 2_000;

/// Terms of one expression once every name in it is replaced by what it stands for, as the optimizer may do.
pub(crate) const EXPRESSION_TERMS_MAX: u64 = 50_000;

/// Bytes of a plan as text, which repeats the names of a query wherever they are used.
pub(crate) const PLAN_TEXT_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Columns of an answer: with ten thousand rows, ten million values.
pub(crate) const COLUMNS_MAX: usize = 1_000;

/// The stack of each thread that plans and runs SQL. It is address space; memory is taken as it is used.
pub(crate) const STACK_BYTES: usize = 64 * 1024 * 1024;

/// Rows that operators hand on at a time. What an operator does with one batch cannot be interrupted, so
/// that batches are as small as those that storage decodes.
pub(crate) const BATCH_ROWS: usize = 1_024;

/// Rows that a join by comparison gets at a time. Each is held against every row of its first side: with half a
/// million of them and a regular expression, some seconds.
pub(crate) const PROBE_ROWS: usize = 16;

/// Bytes that the rows of one batch of a table take by themselves, without what they share: a function may make a
/// text of each.
pub(crate) const PIECE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Bytes of the attributes of one batch that a function makes texts of. Tables hand on less at a time; a join may
/// repeat a row a thousand times.
pub(crate) const ATTRIBUTES_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Bytes of texts in one batch of an answer, whatever memory there is: Arrow counts them in 32 bits, and as JSON
/// they may be several times as long.
pub(crate) const ANSWER_BATCH_BYTES_MAX: usize = 256 * 1024 * 1024;

/// Values of one IN list that storage is asked for. With more, the rows are read and tested.
pub(crate) const IN_LIST_MAX: usize = 2_000;

/// Values of one IN list that the leaf asks of each row one after the other. With more, a table of them is quicker.
pub(crate) const FIELD_LIST_MAX: usize = 32;
