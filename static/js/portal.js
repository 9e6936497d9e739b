/* What makes the pages quicker to use; every page also works without this file. Floor: Chromium 83. */
(function () {
  "use strict";

  function each(selector, act, root) {
    Array.prototype.forEach.call((root || document).querySelectorAll(selector), act);
  }

  function boxes(name) {
    return Array.prototype.filter.call(document.getElementsByName(name), function (box) {
      return box.type === "checkbox" && !box.disabled;
    });
  }

  /* Row choice: "select all" and the count beside the bulk buttons. */
  function showChoice(name) {
    var all = boxes(name);
    var chosen = all.filter(function (box) { return box.checked; }).length;
    each("[data-select-all]", function (master) {
      if (master.getAttribute("data-select-all") !== name) return;
      master.hidden = false;
      master.disabled = all.length === 0;
      master.checked = all.length > 0 && chosen === all.length;
      master.indeterminate = chosen > 0 && chosen < all.length;
    });
    each("[data-selected-count]", function (place) {
      if (place.getAttribute("data-selected-count") === name) place.textContent = "已勾选 " + chosen + " 条：";
    });
  }

  function showAllChoices() {
    each("[data-select-all]", function (master) { showChoice(master.getAttribute("data-select-all")); });
  }

  document.addEventListener("change", function (event) {
    var box = event.target;
    if (!box || box.type !== "checkbox") return;
    var name = box.getAttribute("data-select-all");
    if (name) boxes(name).forEach(function (row) { row.checked = box.checked; });
    showChoice(name || box.name);
  });

  /* Double submit: a second click while the first is under way does nothing (the server refuses it as well). */
  function hold(form) {
    each("button[type=submit], input[type=submit]", function (button) {
      if (button.disabled) return;
      button.disabled = true;
      button.setAttribute("data-held", "");
    }, form);
    form.setAttribute("aria-busy", "true");
  }

  function release(root) {
    each("[data-held]", function (button) {
      button.disabled = false;
      button.removeAttribute("data-held");
    }, root);
    each("form[aria-busy]", function (form) { form.removeAttribute("aria-busy"); }, root);
    if (root && root.removeAttribute) root.removeAttribute("aria-busy");
  }

  document.addEventListener("submit", function (event) {
    var form = event.target;
    /* defaultPrevented: htmx sends it, see htmx:beforeRequest. */
    if (event.defaultPrevented || form.method !== "post" || form.hasAttribute("data-no-hold")) return;
    if (form.getAttribute("aria-busy") === "true") { event.preventDefault(); return; }
    form.setAttribute("aria-busy", "true");
    /* Later than this event, or the pressed button's own name and value would not be sent. */
    window.setTimeout(function () { hold(form); }, 0);
    /* A form may answer with a file, and then this page stays. */
    window.setTimeout(function () { release(form); }, 15000);
  });
  window.addEventListener("pageshow", function () { release(document); showAllChoices(); });

  /* "/" goes to the page's search box. */
  document.addEventListener("keydown", function (event) {
    if (event.key !== "/" || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    var at = event.target;
    if (at && (/^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName) || at.isContentEditable)) return;
    var box = document.querySelector("main [data-search-box]") || document.querySelector("[data-search-box]");
    if (!box) return;
    event.preventDefault();
    box.focus();
    box.select();
  });

  /* htmx: the CSRF header, and a word when the answer is an error. */
  document.addEventListener("htmx:configRequest", function (event) {
    var token = document.querySelector("meta[name=csrf-token]");
    if (token && event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = token.content;
  });

  function showFailure(text) {
    var place = document.getElementById("request-failure");
    if (!place) return;
    place.textContent = text;
    place.hidden = text === "";
    if (text) place.scrollIntoView({ block: "nearest" });
  }

  document.addEventListener("htmx:responseError", function (event) {
    var status = event.detail.xhr.status;
    var words = {
      403: "没有成功：没有这项权限，或者页面已过期，请刷新后再试。",
      404: "没有成功：这条记录不存在或不在您的权限内。",
      409: "没有成功：这条记录刚被别人改过，请刷新后再试。",
      413: "没有成功：文件太大。",
      503: "没有成功：系统正忙，请稍后再试。"
    };
    showFailure(words[status] || "没有成功：服务器答复 " + status + "，请稍后再试；仍不行请联系系统管理员。");
  });
  document.addEventListener("htmx:sendError", function () { showFailure("没有成功：连不上服务器，请检查网络。"); });
  document.addEventListener("htmx:beforeRequest", function (event) {
    showFailure("");
    if (event.detail.elt.tagName === "FORM" && event.detail.requestConfig.verb !== "get") hold(event.detail.elt);
  });
  document.addEventListener("htmx:afterRequest", function (event) { release(event.detail.elt); stirred(); });
  document.addEventListener("htmx:afterSettle", function () { showAllChoices(); takeFocus(); });

  /* Idle warning: five minutes before the server ends the session. Other tabs of the portal count as work too. */
  var idleSeconds = Number(document.body.getAttribute("data-idle-seconds")) || 0;
  var warning = document.getElementById("idle-warning");
  var lastRequest = Date.now();
  var channel = "BroadcastChannel" in window ? new BroadcastChannel("portal-request") : null;

  function stirred(fromOtherTab) {
    lastRequest = Date.now();
    if (warning) warning.hidden = true;
    if (channel && fromOtherTab !== true) channel.postMessage("request");
  }

  function look() {
    var left = idleSeconds - (Date.now() - lastRequest) / 1000;
    if (left > Math.min(300, idleSeconds / 2)) return;
    warning.querySelector("[data-idle-text]").textContent =
      left > 0 ? "较长时间没有操作，约 " + Math.ceil(left / 60) + " 分钟后自动退出。" : "登录已超时，请先另行保存正在填写的文字，再重新登录。";
    warning.querySelector("[data-idle-continue]").hidden = left <= 0;
    warning.hidden = false;
  }

  if (idleSeconds > 0 && warning) {
    if (channel) channel.onmessage = function () { stirred(true); };
    stirred();
    window.setInterval(look, 10000);
    warning.querySelector("[data-idle-continue]").addEventListener("click", function () {
      fetch(window.location.href, { method: "HEAD", credentials: "same-origin", redirect: "manual" })
        .then(function (answer) { if (answer.ok) stirred(); else showFailure("登录已失效，请重新登录。"); })
        .catch(function () { showFailure("没有成功：连不上服务器，请检查网络。"); });
    });
  }

  /* A form that came back with errors begins reading there. */
  function takeFocus() {
    var summary = document.querySelector("[data-take-focus]");
    if (!summary) return;
    summary.removeAttribute("data-take-focus");
    summary.focus();
  }

  /* The menu scrolls by itself: the entry of this page is brought into view. */
  var menu = document.querySelector(".sidebar-body");
  var here = menu && menu.querySelector("a.active");
  if (here && here.offsetTop + here.offsetHeight > menu.clientHeight) {
    menu.scrollTop = here.offsetTop - Math.round(menu.clientHeight / 2);
  }

  showAllChoices();
  takeFocus();
})();
