//! Sorts large things by a number and a text without carrying them about.
//!
//! A million resources of 300 bytes each would be moved twenty times, and every comparison would look up two texts
//! somewhere in memory. So small keys are sorted: the number, and sixteen bytes of the text from where the texts of one
//! number begin to differ; then everything is moved once.

use std::cmp::Ordering;

use rayon::prelude::*;

/// A key of one item: its number, the telling bytes of its text, and where it stands.
type Key = (u32, u128, u32);

/// Sorts by number, then text, then `rest`.
pub(super) fn sort<T: Sync + Send>(
    items: &mut [T],
    number: &(dyn Fn(&T) -> u32 + Sync),
    text: &(dyn Fn(&T) -> &str + Sync),
    rest: &(dyn Fn(&T, &T) -> Ordering + Sync),
) {
    let mut keys: Vec<Key> = (0..).zip(&*items).map(|(at, item)| (number(item), 0, at)).collect();
    keys.par_sort_unstable();
    let alike: &mut [Key] = &mut keys;
    let chunks: Vec<&mut [Key]> = alike.chunk_by_mut(|a, b| a.0 == b.0).collect();
    let shared: &[T] = items;
    let text = |at: u32| text(&shared[at as usize]);
    chunks.into_par_iter().for_each(|chunk| {
        let first = text(chunk[0].2).as_bytes();
        let same = |other: &[u8]| first.iter().zip(other).take_while(|(a, b)| a == b).count();
        let skip = chunk.iter().map(|key| same(text(key.2).as_bytes())).min().unwrap_or(0);
        for key in chunk.iter_mut() {
            let mut telling = [0; 16];
            let rest = &text(key.2).as_bytes()[skip..];
            let length = rest.len().min(16);
            telling[..length].copy_from_slice(&rest[..length]);
            key.1 = u128::from_be_bytes(telling);
        }
        chunk.par_sort_unstable_by(|a, b| {
            a.1.cmp(&b.1)
                .then_with(|| text(a.2).cmp(text(b.2)))
                .then_with(|| rest(&shared[a.2 as usize], &shared[b.2 as usize]))
        });
    });
    let mut places: Vec<u32> = keys.into_iter().map(|(_, _, at)| at).collect();
    put(items, &mut places);
}

/// Moves to each place the item that stands at `places[place]`, one ring of moves after the other.
fn put<T>(items: &mut [T], places: &mut [u32]) {
    for start in 0..items.len() {
        let mut at = start;
        loop {
            let from = places[at] as usize;
            places[at] = u32::try_from(at).unwrap_or(u32::MAX);
            if from == start || from == at {
                break;
            }
            items.swap(at, from);
            at = from;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_the_order_of_number_text_and_rest(rows in prop::collection::vec((0_u32..3, "[ab]{0,20}", 0_u8..3), 0..60)) {
            let mut sorted = rows.clone();
            sorted.sort();
            let mut rows = rows;
            sort(&mut rows, &|row| row.0, &|row| &row.1, &|a, b| a.2.cmp(&b.2));
            prop_assert_eq!(rows, sorted);
        }
    }
}
