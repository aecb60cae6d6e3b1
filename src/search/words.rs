use memchr::memmem;

use super::card::About;

/// Everything that words are looked up in, in lower case, one algorithm after the other in one text, each with
/// its fields in the order of their weight: the first hit in an algorithm is its best.
pub(super) struct Texts {
    all: String,
    places: Vec<Place>,
}

/// Where in the text an algorithm's fields begin or end.
#[derive(Clone, Copy)]
struct Place {
    start: u32,
    name: u32,
    name_end: u32,
    publisher_end: u32,
}

/// Ends a field; no word holds it.
const END: char = '\u{1e}';

/// What stands for a task or framework that nobody named; found by nobody either.
const UNSTATED: &str = "Other";

/// A hit at the beginning of title or name, elsewhere in them, in the publisher, in the rest.
const WEIGHTS: [u32; 4] = [8, 4, 2, 1];

impl Texts {
    pub(super) fn of<'a>(cards: impl Iterator<Item = &'a About>) -> Self {
        let mut texts = Self { all: String::new(), places: Vec::new() };
        cards.for_each(|about| texts.add(about));
        texts
    }

    fn add(&mut self, about: &About) {
        let start = self.end();
        self.field(&about.title);
        let name = self.end();
        self.field(&about.name);
        let name_end = self.end();
        self.field(&about.publisher.handle);
        self.field(&about.publisher.name);
        let publisher_end = self.end();
        self.field(&about.summary);
        [&about.task, &about.framework].into_iter().filter(|text| *text != UNSTATED).for_each(|text| self.field(text));
        self.places.push(Place { start, name, name_end, publisher_end });
    }

    fn field(&mut self, text: &str) {
        let plain = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter });
        self.all.extend(plain.flat_map(char::to_lowercase));
        self.all.push(END);
    }

    fn end(&self) -> u32 {
        u32::try_from(self.all.len()).unwrap_or(u32::MAX)
    }

    /// The slots in which every one of `words` occurs, in order, each with its rank; words are in lower case.
    pub(super) fn find(&self, words: &[String]) -> Vec<(u32, u32)> {
        // A long word is rare, and only the first one is looked for everywhere.
        let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        let Some((first, others)) = words.split_first() else { return Vec::new() };
        let mut found = self.scan(first);
        for word in others {
            let finder = memmem::Finder::new(word);
            found.retain_mut(|(slot, rank)| match finder.find(self.text(*slot)) {
                Some(offset) => {
                    *rank += self.rank(*slot, offset, word);
                    true
                }
                None => false,
            });
        }
        found
    }

    /// One pass over the whole text, from the first hit in an algorithm straight to the next algorithm.
    fn scan(&self, word: &str) -> Vec<(u32, u32)> {
        let (finder, all) = (memmem::Finder::new(word), self.all.as_bytes());
        let mut found = Vec::new();
        let (mut at, mut slot) = (0, 0_usize);
        while let Some(hit) = all.get(at..).and_then(|rest| finder.find(rest)) {
            let hit = at + hit;
            slot += self.places.get(slot..).map_or(0, |rest| ahead(rest, hit));
            let Ok(number) = u32::try_from(slot) else { break };
            found.push((number, self.rank(number, hit - self.places[slot].start as usize, word)));
            slot += 1;
            at = self.places.get(slot).map_or(all.len(), |place| place.start as usize);
        }
        found
    }

    fn text(&self, slot: u32) -> &[u8] {
        let start = self.places[slot as usize].start as usize;
        let end = self.places.get(slot as usize + 1).map_or(self.all.len(), |place| place.start as usize);
        &self.all.as_bytes()[start..end]
    }

    fn rank(&self, slot: u32, offset: usize, word: &str) -> u32 {
        let place = self.places[slot as usize];
        let hit = place.start as usize + offset;
        let name = &self.all.as_bytes()[place.name as usize..place.name_end as usize];
        if offset == 0 || name.starts_with(word.as_bytes()) {
            WEIGHTS[0]
        } else if hit < place.name_end as usize {
            WEIGHTS[1]
        } else if hit < place.publisher_end as usize {
            WEIGHTS[2]
        } else {
            WEIGHTS[3]
        }
    }
}

/// By how many places to go ahead to the one that `hit` lies in: doubling steps, since the next hit is mostly near.
fn ahead(places: &[Place], hit: usize) -> usize {
    let mut step = 1;
    while places.get(step).is_some_and(|place| place.start as usize <= hit) {
        step *= 2;
    }
    let near = &places[step / 2..step.min(places.len())];
    (step / 2 + near.partition_point(|place| place.start as usize <= hit)).saturating_sub(1)
}
