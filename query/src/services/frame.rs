//! The top frame of a stack trace: where the exception was thrown.
//!
//! There is no format that all languages share. Looked at are, in this order: the first line that begins with `at ` (Java and the JVM, .NET,
//! JavaScript); of what begins as a Python traceback, the last line with `File "` (the most recent call stands last); the line behind
//! Go's `goroutine N [...]:`. What has none of these has no frame.

use crate::limits::{EXCEPTION_TEXT_BYTES_MAX, STACK_BYTES_MAX};

/// The top frame of `stack`, cut to [`EXCEPTION_TEXT_BYTES_MAX`].
pub(super) fn top_frame(stack: &str) -> Option<&str> {
    let head = cut(stack, STACK_BYTES_MAX);
    let frame = python(stack).or_else(|| at(head)).or_else(|| go(head));
    frame.map(|frame| cut(frame, EXCEPTION_TEXT_BYTES_MAX))
}

fn at(stack: &str) -> Option<&str> {
    stack
        .lines()
        .find_map(|line| line.trim().strip_prefix("at "))
}

fn python(stack: &str) -> Option<&str> {
    if !stack
        .trim_start()
        .starts_with("Traceback (most recent call last)")
    {
        return None;
    }
    let tail = stack.len().saturating_sub(STACK_BYTES_MAX);
    let tail = stack.get(stack.ceil_char_boundary(tail)..)?;
    tail.lines()
        .rev()
        .map(str::trim)
        .find(|line| line.starts_with("File \""))
}

fn go(stack: &str) -> Option<&str> {
    let mut lines = stack.lines().map(str::trim);
    lines.find(|line| line.starts_with("goroutine ") && line.ends_with(':'))?;
    lines.find(|line| !line.is_empty())
}

/// `text`, at most so many bytes of it, in whole characters.
pub(super) fn cut(text: &str, bytes_max: usize) -> &str {
    &text[..text.floor_char_boundary(bytes_max)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_several_languages() {
        let check = |stack: &str, expected: Option<&str>| {
            assert_eq!(top_frame(stack), expected, "{stack}");
        };
        check("", None);
        check("it broke", None);
        check(
            "java.lang.IllegalStateException: at sea\n\tat shop.Cart.add(Cart.java:12)\n\tat shop.Main.main(Main.java:3)\n",
            Some("shop.Cart.add(Cart.java:12)"),
        );
        check(
            "TypeError: x is undefined\r\n    at pay (/app/pay.js:4:9)\r\n    at main (/app/index.js:1:1)",
            Some("pay (/app/pay.js:4:9)"),
        );
        check(
            "Traceback (most recent call last):\n  File \"/app/main.py\", line 3, in <module>\n    run()\n  File \"/app/run.py\", line 9, in run\n    at = 1 / 0\nZeroDivisionError: division by zero\n",
            Some("File \"/app/run.py\", line 9, in run"),
        );
        check(
            "goroutine 17 [running]:\nmain.pay(0x1)\n\t/app/pay.go:12 +0x1d\n",
            Some("main.pay(0x1)"),
        );
        check("goroutine 17 [running]:", None);
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        let frame = "ä".repeat(EXCEPTION_TEXT_BYTES_MAX);
        let stack = format!("x{}\nat x{frame}", "ü".repeat(20));
        let top = top_frame(&stack).unwrap_or_default();
        assert_eq!(top.len(), EXCEPTION_TEXT_BYTES_MAX - 1);
        assert_eq!(
            top_frame(&format!("{}\nat x", "ü".repeat(STACK_BYTES_MAX))),
            None
        );
    }
}
