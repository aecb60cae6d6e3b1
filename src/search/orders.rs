crate::text_enum! {
    /// In what order a list stands.
    pub enum Sort {
        Best = "best" / "Best match",
        Subscribers = "subscribers" / "Most subscribed",
        Trending = "trending" / "Trending",
        Updated = "updated" / "Newly updated",
        Likes = "likes" / "Most liked",
        Published = "published" / "Newly published",
    }
}
