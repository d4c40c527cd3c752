// The front door of the page's script. Every module improves what already works without it.
import { setUpCopy } from "./copy.js";
import { setUpDialogs } from "./dialogs.js";
import { setUpFocus } from "./focus.js";
import { setUpKeys } from "./keys.js";
import { setUpMenus } from "./menus.js";
import { setUpRemarks } from "./remarks.js";
import { setUpRequests } from "./requests.js";
import { setUpTheme } from "./theme-switch.js";
import { setUpToasts } from "./toasts.js";

setUpTheme();
setUpMenus();
setUpDialogs();
setUpKeys();
setUpToasts();
setUpFocus();
setUpRequests();
setUpCopy();
setUpRemarks();
document.documentElement.classList.add("js");
