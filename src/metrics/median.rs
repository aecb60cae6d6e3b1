/// The middle value; of an even number the mean of the two in the middle. `None` of nothing.
pub fn median(mut values: Vec<i64>) -> Option<i64> {
    values.sort_unstable();
    let upper = *values.get(values.len() / 2)?;
    let lower = *values.get(values.len().saturating_sub(1) / 2)?;
    Some(lower + (upper - lower) / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_between_two() {
        assert_eq!([vec![], vec![7], vec![12, 4], vec![3, 1, 2]].map(median), [None, Some(7), Some(8), Some(2)]);
    }
}
