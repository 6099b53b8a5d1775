/** @jsxImportSource preact */
/** The parts of pages besides their own text. */
import type { Page } from "./page.ts";

/** A day as people write it, and in machine-readable form. */
function Day({ day }: { day: string }) {
  const text = new Date(day).toLocaleDateString("en-GB", { dateStyle: "long", timeZone: "UTC" });
  return <time datetime={day}>{text}</time>;
}

/** The heading of a Markdown page: its title, and when it was written and changed. */
export function PageHeading({ page: { front }, is_post }: { page: Page; is_post: boolean }) {
  const { title, date, updated } = front;
  const told = [
    is_post && date && <Day day={date} />,
    updated && (
      <>
        Updated <Day day={updated} />
      </>
    ),
  ].filter(Boolean);
  return (
    <>
      <h1>{title}</h1>
      {told.length > 0 && (
        <p class="meta">
          {told[0]}
          {told[1] && " · "}
          {told[1]}
        </p>
      )}
    </>
  );
}

/** What follows the text of the blog's first page. */
export function PostList({ posts }: { posts: readonly Page[] }) {
  return (
    <ol class="posts">
      {posts.map(({ address, front: { title, description, date = "" } }) => (
        <li key={address}>
          <article>
            <h2>
              <a href={address}>{title}</a>
            </h2>
            <p class="meta">
              <Day day={date} />
            </p>
            <p>{description}</p>
          </article>
        </li>
      ))}
    </ol>
  );
}
