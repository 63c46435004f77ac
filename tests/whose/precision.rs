//! How right the ledger is, on made-up accounts that know the truth: true and false positives and negatives.
//!
//! `cargo test --test whose precision -- --nocapture` prints the table.

#![expect(clippy::print_stdout, reason = "it prints the table that it asserts")]

use std::collections::{BTreeMap, BTreeSet};

use whose::ledger::duplicates::{Across, DuplicateSet};
use whose::ledger::{Input, Ledger, Ownership};
use whose::report::Document;

use crate::generated::{Generated, How, Maker, Random};

const SEEDS: u64 = 12;
const STACKS: usize = 50;

/// How often a thing was said and true, said and false, true and not said.
#[derive(Clone, Copy, Default)]
struct Score {
    right: usize,
    wrong: usize,
    missed: usize,
}

impl Score {
    fn of<'a>(said: &BTreeSet<&'a str>, truth: &BTreeSet<&'a str>) -> Self {
        Self {
            right: said.intersection(truth).count(),
            wrong: said.difference(truth).count(),
            missed: truth.difference(said).count(),
        }
    }

    fn add(&mut self, other: Self) {
        self.right += other.right;
        self.wrong += other.wrong;
        self.missed += other.missed;
    }

    fn share(part: usize, other: usize) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
        let share = part as f64 / (part + other).max(1) as f64;
        share
    }

    fn row(&self, name: &str) -> String {
        format!(
            "{name:<22} {:>6} {:>6} {:>6}  {:>9.3} {:>6.3}",
            self.right,
            self.wrong,
            self.missed,
            Self::share(self.right, self.wrong),
            Self::share(self.right, self.missed)
        )
    }
}

#[derive(Default)]
struct Table {
    duplicates: BTreeMap<String, Score>,
    shared: Score,
    orphans: Score,
    /// Copies of each sort: all, found as one stack against one, original right, undecided, wrong.
    sets: BTreeMap<String, [usize; 5]>,
}

fn members<'l>(ledger: &'l Ledger, set: &'l DuplicateSet) -> impl Iterator<Item = &'l str> {
    set.stacks
        .iter()
        .flat_map(|stack| &stack.members)
        .map(|at| &*ledger.live[*at as usize].arn)
}

fn judge(table: &mut Table, made: &Generated, ledger: &Ledger) {
    let said: BTreeSet<&str> = ledger.duplicates.iter().flat_map(|set| members(ledger, set)).collect();
    let mut by_how: BTreeMap<How, BTreeSet<&str>> = BTreeMap::new();
    let mut all: BTreeSet<&str> = BTreeSet::new();
    for copied in &made.copies {
        for (original, copy) in &copied.pairs {
            by_how
                .entry(copied.how)
                .or_default()
                .extend([original.as_str(), copy.as_str()]);
            all.extend([original.as_str(), copy.as_str()]);
        }
    }
    for copied in &made.copies {
        all.extend(copied.also.iter().map(String::as_str));
    }
    for (how, truth) in &by_how {
        let said: BTreeSet<&str> = said.intersection(truth).copied().collect();
        if matches!(how, How::Whole | How::Part | How::Leaning | How::Lost) {
            for arn in truth.difference(&said) {
                let at = ledger.find(arn)[0];
                let live = &ledger.live[at as usize];
                let users: Vec<String> = ledger
                    .references
                    .used_by(at)
                    .iter()
                    .map(|edge| format!("{:?}", edge.from))
                    .collect();
                println!(
                    "missed, {how:?}: {arn} {:?} {:?} used by {users:?}",
                    live.name, ledger.entries[at as usize].projects
                );
            }
        }
        table
            .duplicates
            .entry(format!("{how:?}"))
            .or_default()
            .add(Score::of(&said, truth));
    }
    let alarms: BTreeSet<&str> = said.difference(&all).copied().collect();
    for set in ledger
        .duplicates
        .iter()
        .filter(|set| members(ledger, set).any(|arn| alarms.contains(arn)))
    {
        println!("\nfalse alarm in a set of {} stacks:", set.stacks.len());
        for (number, stack) in set.stacks.iter().enumerate() {
            for at in &stack.members {
                let live = &ledger.live[*at as usize];
                let mark = if alarms.contains(&*live.arn) { "false" } else { "" };
                println!("  {number} {:?} {mark:<5} {} {}", stack.states, live.kind, live.label());
            }
        }
    }
    table.duplicates.entry("no copies".to_owned()).or_default().wrong += alarms.len();
    for copied in &made.copies {
        let row = table.sets.entry(format!("{:?}", copied.how)).or_default();
        row[0] += 1;
        let arn = |at: &u32| &*ledger.live[*at as usize].arn;
        let (originals, copies): (BTreeSet<&str>, BTreeSet<&str>) =
            copied.pairs.iter().map(|(a, b)| (a.as_str(), b.as_str())).unzip();
        let holder = |truth: &BTreeSet<&str>, set: &DuplicateSet| {
            set.stacks.iter().position(|stack| {
                let members: BTreeSet<&str> = stack.members.iter().map(arn).collect();
                truth.is_subset(&members)
            })
        };
        let found = ledger.duplicates.iter().find_map(|set| {
            let (a, b) = (holder(&originals, set)?, holder(&copies, set)?);
            (a != b).then_some((set, a))
        });
        row[1] += usize::from(found.is_some());
        // Whatever was found of it, in one piece or in several, the copy must never be called the original.
        for set in &ledger.duplicates {
            let first = set.stacks[0].members.iter().map(arn);
            let of_copy = first.clone().any(|arn| copies.contains(arn));
            let touched = of_copy || first.clone().any(|arn| originals.contains(arn));
            if touched {
                row[2] += usize::from(set.decided && !of_copy);
                row[3] += usize::from(!set.decided);
                row[4] += usize::from(set.decided && of_copy);
            }
        }
    }
    let owned: BTreeSet<&str> = ledger
        .live
        .iter()
        .zip(&ledger.entries)
        .filter(|(_, entry)| entry.ownership == Ownership::Shared && entry.whole.is_none())
        .map(|(live, _)| &*live.arn)
        .collect();
    table
        .shared
        .add(Score::of(&owned, &made.shared.iter().map(String::as_str).collect()));
    let orphans: BTreeSet<&str> = ledger
        .live
        .iter()
        .zip(&ledger.entries)
        .filter(|(_, entry)| entry.orphan.is_some())
        .map(|(live, _)| &*live.arn)
        // What a copy left behind unused is an orphan too, but which of it is another question.
        .filter(|arn| made.orphans.contains(*arn) || made.wanted.contains(*arn))
        .collect();
    table
        .orphans
        .add(Score::of(&orphans, &made.orphans.iter().map(String::as_str).collect()));
}

fn table(plan: &[How], across: Across) -> Table {
    let mut table = Table::default();
    let mut resources = 0;
    for seed in 0..SEEDS {
        let mut made = Maker::new(seed + 1).account(STACKS, plan);
        made.input.across = across;
        resources += made.input.scan.live.len();
        let ledger = Ledger::new(made.input.clone());
        judge(&mut table, &made, &ledger);
    }
    println!("\n{SEEDS} accounts of {STACKS} stacks, {resources} resources\n");
    println!(
        "{:<22} {:>6} {:>6} {:>6}  {:>9} {:>6}",
        "", "right", "wrong", "missed", "precision", "recall"
    );
    for (name, score) in &table.duplicates {
        println!("{}", score.row(&format!("duplicates, {name}")));
    }
    println!("{}", table.shared.row("shared"));
    println!("{}", table.orphans.row("orphans"));
    println!(
        "\n{:<12} {:>6} {:>6} {:>10} {:>10} {:>8}",
        "copies", "all", "as one", "decided", "undecided", "wrong"
    );
    for (name, [all, one, right, undecided, wrong]) in &table.sets {
        println!("{name:<12} {all:>6} {one:>6} {right:>10} {undecided:>10} {wrong:>8}");
    }
    table
}

#[test]
fn copies_are_found_and_nothing_else_is_called_one() {
    let table = table(
        &[
            How::Whole,
            How::Part,
            How::Leaning,
            How::Drifted,
            How::Lost,
            How::Renamed,
            How::Abroad,
        ],
        Across::Nothing,
    );
    for how in [How::Whole, How::Part, How::Leaning] {
        let score = table.duplicates[&format!("{how:?}")];
        assert_eq!((score.wrong, score.missed), (0, 0), "{how:?}");
        let [all, one, _, _, wrong] = table.sets[&format!("{how:?}")];
        assert_eq!(
            (one, wrong),
            (all, 0),
            "{how:?}: each is one stack against one, with the right original"
        );
    }
    // Where nobody holds either, two equal volumes, one of them used, may be of one hand.
    let lost = table.duplicates["Lost"];
    assert!(
        lost.wrong == 0 && lost.missed * 100 <= lost.right,
        "{} missed",
        lost.missed
    );
    assert_eq!(table.duplicates["no copies"].wrong, 0);
    assert!(
        table.sets.values().all(|[.., wrong]| *wrong == 0),
        "a copy was called the original"
    );
    for score in [table.shared, table.orphans] {
        assert_eq!((score.wrong, score.missed), (0, 0));
    }
}

#[test]
fn copies_in_another_region_are_found_where_that_is_asked() {
    let table = table(&[How::Abroad], Across::Regions);
    let score = table.duplicates["Abroad"];
    assert_eq!(score.missed, 0);
    assert_eq!(table.duplicates["no copies"].wrong, 0);
}

/// The document of an input, as text.
fn text(input: Input) -> String {
    serde_json::to_string(&Document::new(&Ledger::new(input))).expect("a document")
}

fn shuffle<T>(items: &mut [T], random: &mut Random) {
    for at in (1..items.len()).rev() {
        items.swap(at, random.below(at + 1));
    }
}

#[test]
fn the_order_of_a_whole_account_changes_nothing() {
    for seed in 1..4 {
        let made = Maker::new(seed).account(12, &[How::Whole, How::Lost, How::Leaning, How::Part]);
        let (mut shuffled, mut random) = (made.input.clone(), Random::new(seed));
        shuffle(&mut shuffled.scan.live, &mut random);
        shuffle(&mut shuffled.claims, &mut random);
        assert!(text(made.input) == text(shuffled), "seed {seed}");
    }
}

#[test]
fn more_stacks_never_change_whose_the_others_are() {
    for seed in 1..4 {
        let (one, two) = (
            Maker::new(seed).account(10, &[How::Whole]),
            Maker::new(seed + 100).account_from(5000, 10, &[How::Lost]),
        );
        let mut both = one.input.clone();
        let states = u32::try_from(both.states.len()).expect("few");
        both.scan.live.extend(two.input.scan.live);
        both.states.extend(two.input.states);
        both.claims.extend(two.input.claims.into_iter().map(|mut claim| {
            claim.state += states;
            claim
        }));
        let (alone, among) = (Ledger::new(one.input), Ledger::new(both));
        for (live, entry) in alone.live.iter().zip(&alone.entries) {
            let found = among.find(&live.arn);
            let same = &among.entries[found[0] as usize];
            assert_eq!(
                (entry.ownership, &entry.why),
                (same.ownership, &same.why),
                "{}",
                live.arn
            );
            assert_eq!(entry.orphan, same.orphan, "{}", live.arn);
        }
    }
}

/// Equal things by the hundred thousand are no duplicates, and take no longer than different ones.
#[test]
fn a_hundred_thousand_equal_things_are_nobodys_copies() {
    for named in [false, true] {
        let mut made = Maker::new(1).account(2, &[How::Whole]);
        let before = Ledger::new(made.input.clone()).duplicates.len();
        let pattern = made
            .input
            .scan
            .live
            .iter()
            .find(|one| one.kind == "aws_ebs_volume" && one.part_of.is_none());
        let pattern = pattern.expect("a volume").clone();
        for n in 0..100_000_u32 {
            let mut one = pattern.clone();
            one.id = format!("vol-{n:08x}").into();
            one.arn = format!("arn:aws:ec2:eu-west-1:123456789012:volume/vol-{n:08x}").into();
            one.created_at = None;
            if named {
                one.tagged([("Name", "cache")].into_iter().collect());
            }
            made.input.scan.live.push(one);
        }
        let start = std::time::Instant::now();
        assert_eq!(Ledger::new(made.input).duplicates.len(), before);
        println!("100,000 equal volumes, named {named}: {:?}", start.elapsed());
    }
}
