// How far something is. What is not known is hatched, never empty.
interface Props {
  percent: number | null;
  words: string;
}

export function Bar({ percent, words }: Props) {
  return (
    <span class="progress">
      <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
        <rect class="track" width="100" height="6" />
        {percent !== null && <rect class="fill" width={Math.max(0, Math.min(100, percent))} height="6" />}
      </svg>
      <span class="progress-words">
        <span>{words}</span> {percent === null ? <i>unknown</i> : <b>{Math.round(percent)} %</b>}
      </span>
    </span>
  );
}
