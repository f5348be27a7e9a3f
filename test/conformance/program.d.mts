/** The one digest over those of all cases. */
export declare function overall(digests: Record<string, string>): Promise<string>;
