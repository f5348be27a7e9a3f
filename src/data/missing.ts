/** Texts that stand for a value that isn't there, as files of the usual tools have them. */
export const MISSING: readonly string[] = ["", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "?"];
