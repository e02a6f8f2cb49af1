/** Each module enhances something that works without it. */
import { focusErrors } from "./errors.js";
import { enhanceTypeaheads } from "./typeahead.js";
import { saveDrafts } from "./draft.js";
import { watchSession } from "./session.js";
import { askBeforeLeaving } from "./unsaved.js";
import { enableBlanking } from "./blank.js";
import { reloadRestoredPages } from "./pageshow.js";
import { closeMenus } from "./menus.js";
import { fillDates } from "./dates.js";
import { sendOnce } from "./once.js";
import { findWithSlash, workWithKeys } from "./keys.js";
import { copyOnTap } from "./copy.js";
import { stepNumbers } from "./steps.js";
import { filterLists } from "./filter.js";
import { keepUnsent } from "./unsent.js";
import { takePhotos } from "./camera.js";
import { offerPush } from "./push.js";
import { saveCells } from "./cells.js";
import { printOnTap } from "./print.js";
import { showTab } from "./tabs.js";
import { openNamedFold } from "./folds.js";
import { showCounted } from "./counting.js";

for (const start of [reloadRestoredPages, focusErrors, closeMenus, enhanceTypeaheads, fillDates, stepNumbers, takePhotos, saveDrafts, sendOnce, copyOnTap, saveCells, watchSession, askBeforeLeaving, enableBlanking, findWithSlash, workWithKeys, keepUnsent, offerPush, filterLists, printOnTap, showTab, openNamedFold, showCounted]) {
  start();
}
