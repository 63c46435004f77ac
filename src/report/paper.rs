//! A report as a list of blocks, laid out for a terminal or as Markdown: written once, read twice.
//!
//! Sentences are foreign text in part (names, tags, addresses): each layout makes them harmless in its own way.
//! Commands are to be copied: they are never wrapped, never cut, and in Markdown stand in a fence.

use anstyle::Style;

use super::human::{BAD, BOLD, DIM, GOOD, Look, Page, SHOWN, WARN};
use super::markdown::escape;
use super::text::{pad, plain, width};

/// How a sentence is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    Plain,
    Quiet,
    Good,
    Warn,
    Bad,
}

impl Tone {
    fn style(self) -> Style {
        match self {
            Tone::Plain => Style::new(),
            Tone::Quiet => DIM,
            Tone::Good => GOOD,
            Tone::Warn => WARN,
            Tone::Bad => BAD,
        }
    }
}

/// A piece of a report.
#[derive(Clone, Debug)]
enum Block {
    Title(String),
    Section(String, Tone),
    Text(String, Tone),
    /// Consecutive ones are one table.
    Count {
        number: String,
        word: String,
        meaning: String,
        tone: Tone,
    },
    Item(Item),
    More(usize, &'static str),
}

/// A member of a list.
#[derive(Clone, Debug, Default)]
pub(super) struct Item {
    pub text: String,
    pub notes: Vec<String>,
    pub commands: Vec<String>,
}

impl Item {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }

    pub(super) fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }
}

/// A report that is being written.
#[derive(Clone, Debug)]
pub(super) struct Paper {
    blocks: Vec<Block>,
    /// Members of a list that are shown.
    shown: usize,
}

impl Paper {
    pub(super) fn new(look: Look) -> Self {
        Self {
            blocks: Vec::new(),
            shown: if look.all { usize::MAX } else { SHOWN },
        }
    }

    /// Says whether the user asked for everything.
    pub(super) fn is_whole(&self) -> bool {
        self.shown == usize::MAX
    }

    pub(super) fn title(&mut self, text: impl Into<String>) {
        self.blocks.push(Block::Title(text.into()));
    }

    pub(super) fn section(&mut self, text: impl Into<String>, tone: Tone) {
        self.blocks.push(Block::Section(text.into(), tone));
    }

    pub(super) fn text(&mut self, text: impl Into<String>, tone: Tone) {
        self.blocks.push(Block::Text(text.into(), tone));
    }

    pub(super) fn count(&mut self, number: String, word: &str, meaning: impl Into<String>, tone: Tone) {
        self.blocks.push(Block::Count {
            number,
            word: word.to_owned(),
            meaning: meaning.into(),
            tone,
        });
    }

    /// The first members of a list, and how many more there are.
    pub(super) fn list(&mut self, items: impl IntoIterator<Item = Item>, what: &'static str) {
        let mut left = 0;
        for (at, item) in items.into_iter().enumerate() {
            if at < self.shown {
                self.blocks.push(Block::Item(item));
            } else {
                left += 1;
            }
        }
        self.more(left, what);
    }

    /// How many there are beyond those shown.
    pub(super) fn more(&mut self, left: usize, what: &'static str) {
        if left > 0 {
            self.blocks.push(Block::More(left, what));
        }
    }

    /// Every member, whatever their number: for what nobody may overlook.
    pub(super) fn whole_list(&mut self, items: impl IntoIterator<Item = Item>) {
        self.blocks.extend(items.into_iter().map(Block::Item));
    }

    /// Laid out for a terminal, with colours.
    pub(super) fn human(&self, look: Look) -> String {
        let mut page = Page::new(look.width);
        for (at, block) in self.blocks.iter().enumerate() {
            let before = at.checked_sub(1).map(|at| &self.blocks[at]);
            match block {
                Block::Title(text) => page.prose(0, 2, BOLD, text),
                Block::Section(text, tone) => {
                    page.blank();
                    page.prose(0, 2, tone.style().bold(), text);
                }
                Block::Text(text, tone) => page.prose(0, 2, tone.style(), text),
                Block::Count {
                    number,
                    word,
                    meaning,
                    tone,
                } => {
                    if !matches!(before, Some(Block::Count { .. })) {
                        page.blank();
                    }
                    let (numbers, words) = self.columns();
                    let label = format!("{number:>numbers$}  {}", pad(word, words));
                    page.labelled(2, &label, numbers + words + 4, tone.style(), meaning);
                }
                Block::Item(item) => {
                    page.prose(2, 2, Style::new(), &item.text);
                    for note in &item.notes {
                        page.prose(4, 2, DIM, note);
                    }
                    for command in &item.commands {
                        page.line(&format!("      {BOLD}{}{BOLD:#}", plain(command)));
                    }
                }
                Block::More(count, what) => {
                    page.prose(
                        2,
                        2,
                        DIM,
                        &format!("and {count} more {what} (use --all or --format json)"),
                    );
                }
            }
        }
        page.text
    }

    /// Laid out as one self-contained page, without script.
    pub(super) fn html(&self) -> String {
        let mut out = String::from(PAGE);
        let mut push = |line: &str| {
            out.push_str(line);
            out.push('\n');
        };
        for (at, block) in self.blocks.iter().enumerate() {
            let before = at.checked_sub(1).map(|at| &self.blocks[at]);
            let after = self.blocks.get(at + 1);
            let member = |block: Option<&Block>| matches!(block, Some(Block::Item(_) | Block::More(..)));
            match block {
                Block::Title(text) => push(&format!("<title>{0}</title><h1>{0}</h1>", page_text(text))),
                Block::Section(text, _) => push(&format!("<h2>{}</h2>", page_text(text))),
                Block::Text(text, Tone::Warn | Tone::Bad) => {
                    push(&format!("<p><strong>{}</strong></p>", page_text(text)));
                }
                Block::Text(text, _) => push(&format!("<p>{}</p>", page_text(text))),
                Block::Count {
                    number,
                    word,
                    meaning,
                    tone,
                } => {
                    if !matches!(before, Some(Block::Count { .. })) {
                        push("<table>");
                    }
                    let tag = if matches!(tone, Tone::Warn | Tone::Bad) {
                        "strong"
                    } else {
                        "span"
                    };
                    push(&format!(
                        "<tr><td><{tag}>{}</{tag}></td><th scope=row>{}</th><td>{}</td></tr>",
                        page_text(number),
                        page_text(word),
                        page_text(meaning)
                    ));
                    if !matches!(after, Some(Block::Count { .. })) {
                        push("</table>");
                    }
                }
                Block::Item(_) | Block::More(..) => {
                    if !member(before) {
                        push("<ul>");
                    }
                    match block {
                        Block::Item(item) => {
                            let mut line = format!("<li>{}", page_text(&item.text));
                            for note in &item.notes {
                                line += &format!("<br><small>{}</small>", page_text(note));
                            }
                            for command in &item.commands {
                                line += &format!("<pre>{}</pre>", page_text(command));
                            }
                            push(&(line + "</li>"));
                        }
                        Block::More(count, what) => push(&format!("<li>and {count} more {what}</li>")),
                        _ => {}
                    }
                    if !member(after) {
                        push("</ul>");
                    }
                }
            }
        }
        out
    }

    fn columns(&self) -> (usize, usize) {
        let counts = self.blocks.iter().filter_map(|block| match block {
            Block::Count { number, word, .. } => Some((width(number), width(word))),
            _ => None,
        });
        counts.fold((0, 0), |most, one| (most.0.max(one.0), most.1.max(one.1)))
    }

    /// Laid out as Markdown.
    pub(super) fn markdown(&self) -> String {
        let mut out = String::new();
        let mut push = |line: &str| {
            out.push_str(line);
            out.push('\n');
        };
        for (at, block) in self.blocks.iter().enumerate() {
            let before = at.checked_sub(1).map(|at| &self.blocks[at]);
            let starts = !matches!(
                (before, block),
                (Some(Block::Count { .. }), Block::Count { .. })
                    | (Some(Block::Item(_)), Block::Item(_) | Block::More(..))
            );
            if starts && at > 0 {
                push("");
            }
            match block {
                Block::Title(text) => push(&format!("## {}", escape(text))),
                Block::Section(text, _) => push(&format!("### {}", escape(text))),
                Block::Text(text, Tone::Warn | Tone::Bad) => push(&format!("**{}**", escape(text))),
                Block::Text(text, _) => push(&escape(text)),
                Block::Count {
                    number,
                    word,
                    meaning,
                    tone,
                } => {
                    if starts {
                        push("| | | |\n|--:|---|---|");
                    }
                    let bold = if matches!(tone, Tone::Warn | Tone::Bad) {
                        "**"
                    } else {
                        ""
                    };
                    push(&format!(
                        "| {bold}{}{bold} | {bold}{}{bold} | {} |",
                        escape(number),
                        escape(word),
                        escape(meaning)
                    ));
                }
                Block::Item(item) => {
                    push(&format!("- {}", escape(&item.text)));
                    for note in &item.notes {
                        push(&format!("  - {}", escape(note)));
                    }
                    if !item.commands.is_empty() {
                        push("\n  ```sh");
                        for command in &item.commands {
                            // What a fence holds is text, but for a line that closes it; plain() leaves one line.
                            push(&format!("  {}", plain(command)));
                        }
                        push("  ```");
                    }
                }
                Block::More(count, what) => {
                    push(&format!("- and {count} more {what} (use --all or --format json)"));
                }
            }
        }
        out
    }
}

/// The start of a page: readable on a phone, in the dark and on paper.
const PAGE: &str = "<!doctype html>\n<html lang=en><meta charset=utf-8>\
<meta name=viewport content=\"width=device-width, initial-scale=1\">\
<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; style-src 'unsafe-inline'\">\
<style>:root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;\
padding:0 1rem;overflow-wrap:anywhere}h1{font-size:1.5rem;line-height:1.3;text-wrap:balance}h2{font-size:1.2rem}\
table{border-collapse:collapse}td,th{padding:.1rem .8rem .1rem 0;overflow-wrap:normal;text-align:left;\
vertical-align:top}td:first-child{text-align:right;white-space:nowrap}pre{overflow-x:auto;white-space:pre}\
small{opacity:.8}</style>\n";

/// Foreign text as text: nothing in it is markup.
fn page_text(text: &str) -> String {
    let text = plain(text);
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_never_wrapped_and_names_never_markup() {
        let look = Look { width: 40, all: false };
        let mut paper = Paper::new(look);
        paper.title("Report");
        paper.count("3".to_owned(), "gone", "were there", Tone::Bad);
        paper.section("Gone", Tone::Bad);
        let command = format!("aws rds restore --name {}", "x".repeat(60));
        let item = Item {
            commands: vec![command.clone()],
            ..Item::new("database <b>|x` \u{1b}[2J")
        };
        paper.list(vec![item.clone(); 25], "databases");
        let human = anstream::adapter::strip_str(&paper.human(look)).to_string();
        assert!(human.lines().any(|line| line.trim() == command), "{human}");
        assert!(
            human.contains("and 5 more databases") && !human.contains('\u{1b}'),
            "{human}"
        );
        let markdown = paper.markdown();
        assert!(
            markdown.contains("- database &lt;b&gt;\\|x\\` \\\\u{1b}\\[2J"),
            "{markdown}"
        );
        assert!(markdown.contains("| **3** | **gone** | were there |"), "{markdown}");
        let page = paper.html();
        assert!(page.contains("<li>database &lt;b&gt;|x` \\u{1b}[2J<pre>"), "{page}");
        assert!(!page.contains("<b>") && page.matches("<ul>").count() == 1, "{page}");
    }
}
