//! What the words and signs of a query alone can tell: that it begins as a SELECT, and that it is neither too
//! long nor nested too deeply for whatever walks over its tree.

use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan};

use super::super::error::{SqlError, position_of};
use super::super::explain::Explain;
use super::super::limits::{BRACKETS_DEPTH_MAX, CHAINED_MAX, TOKENS_MAX};
use super::{ONE_SELECT, too_much};

/// Takes EXPLAIN, or EXPLAIN ANALYZE, off the front of `tokens`.
pub(super) fn take_explain(tokens: &mut Vec<TokenWithSpan>) -> Option<Explain> {
    take_word(tokens, Keyword::EXPLAIN)?;
    match take_word(tokens, Keyword::ANALYZE) {
        Some(()) => Some(Explain::Analyze),
        None => Some(Explain::Plan),
    }
}

fn take_word(tokens: &mut Vec<TokenWithSpan>, keyword: Keyword) -> Option<()> {
    let is_spoken = |token: &TokenWithSpan| !matches!(token.token, Token::Whitespace(_));
    let first = tokens.iter().position(is_spoken)?;
    match &tokens.get(first)?.token {
        Token::Word(word) if word.keyword == keyword => {
            tokens.drain(..=first);
            Some(())
        }
        _ => None,
    }
}

/// Refuses what is no query, and what is too much of one.
pub(super) fn check(text: &str, tokens: &[TokenWithSpan]) -> Result<(), SqlError> {
    let spoken = tokens
        .iter()
        .filter(|token| !matches!(token.token, Token::Whitespace(_) | Token::EOF));
    let spoken: Vec<&TokenWithSpan> = spoken.collect();
    match spoken.first() {
        None => return Err(SqlError::new("the query is empty").with_hint(ONE_SELECT)),
        Some(first) if starts_query(&first.token) => {}
        Some(first) => {
            let message = format!("`{}` does not begin a SELECT", shortened(&first.token));
            let position = position_of(text, first.span.start);
            return Err(SqlError::at(message, position).with_hint(ONE_SELECT));
        }
    }
    if spoken.len() > TOKENS_MAX {
        return Err(too_much(format!(
            "the query has {} words and signs, at most {TOKENS_MAX} are read",
            spoken.len()
        )));
    }
    check_chains(&spoken)?;
    check_brackets(text, &spoken)
}

fn starts_query(token: &Token) -> bool {
    match token {
        Token::LParen => true,
        Token::Word(word) => ["SELECT", "WITH", "VALUES"]
            .iter()
            .any(|keyword| word.value.eq_ignore_ascii_case(keyword)),
        _ => false,
    }
}

fn shortened(token: &Token) -> String {
    token.to_string().chars().take(40).collect()
}

fn check_brackets(text: &str, tokens: &[&TokenWithSpan]) -> Result<(), SqlError> {
    let mut depth = 0usize;
    for token in tokens {
        match &token.token {
            Token::LParen | Token::LBracket | Token::LBrace => depth += 1,
            Token::RParen | Token::RBracket | Token::RBrace => depth = depth.saturating_sub(1),
            // The parser tries a CASE twice, so these must not nest deeply either.
            Token::Word(word) if word.keyword == Keyword::CASE => depth += 1,
            Token::Word(word) if word.keyword == Keyword::END => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > BRACKETS_DEPTH_MAX {
            let message =
                format!("more than {BRACKETS_DEPTH_MAX} brackets stand inside each other");
            return Err(SqlError::at(message, position_of(text, token.span.start)));
        }
    }
    Ok(())
}

/// `INT[][]...` and `ARRAY<ARRAY<...` nest without brackets that stand inside each other, or that are told
/// from other signs.
fn check_chains(tokens: &[&TokenWithSpan]) -> Result<(), SqlError> {
    let subscripts = tokens
        .windows(2)
        .filter(|pair| pair[0].token == Token::RBracket && pair[1].token == Token::LBracket);
    let types = tokens
        .windows(3)
        .filter(|three| three[0].token == Token::Lt && three[2].token == Token::Lt);
    if subscripts.count() > CHAINED_MAX || types.count() > CHAINED_MAX {
        return Err(too_much(format!(
            "more than {CHAINED_MAX} subscripts or types hang on each other"
        )));
    }
    Ok(())
}
