/** The sound of a payment, where the cashier wants one. */

const WANTED = 'till-counter-sound';

/** Whether it is wanted, as this browser remembers it. */
export function isSoundWanted(): boolean {
  try {
    return localStorage.getItem(WANTED) === 'yes';
  } catch {
    // A browser that keeps nothing has nothing to remember.
    return false;
  }
}

/** Remembers it. */
export function wantSound(is_wanted: boolean): void {
  try {
    localStorage.setItem(WANTED, is_wanted ? 'yes' : 'no');
  } catch {
    // It holds until the page is left.
  }
}

/** Two rising tones, and a phone shakes. */
export function playPaid(): void {
  navigator.vibrate?.([80, 60, 80]);
  const context = new AudioContext();
  const gain = context.createGain();
  gain.gain.setValueAtTime(0.0001, context.currentTime);
  gain.gain.exponentialRampToValueAtTime(0.3, context.currentTime + 0.02);
  gain.gain.exponentialRampToValueAtTime(0.0001, context.currentTime + 0.55);
  gain.connect(context.destination);
  for (const [frequency, start] of [
    [880, 0],
    [1320, 0.16],
  ] as const) {
    const tone = context.createOscillator();
    tone.frequency.value = frequency;
    tone.connect(gain);
    tone.start(context.currentTime + start);
    tone.stop(context.currentTime + 0.6);
  }
  setTimeout(() => void context.close(), 1000);
}
